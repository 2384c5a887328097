/** One measured quantity in Prometheus' text format. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** `_bucket`, `_sum`, `_count` of a histogram. */
  readonly suffix?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export const contentType = "text/plain; version=0.0.4; charset=utf-8";

/** The families as text. https://prometheus.io/docs/instrumenting/exposition_formats */
export function expose(families: readonly Family[]): string {
  return families
    .map(({ name, help, type, samples }) =>
      [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => line(name, sample)), ""].join("\n"),
    )
    .join("");
}

function line(name: string, { suffix = "", labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${text.replace(/[\\"\n]/g, (found) => (found === "\n" ? "\\n" : `\\${found}`))}"`,
  );
  return `${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value === Infinity ? "+Inf" : value}`;
}

/** The samples of a histogram, from how many values are at most each bound. */
export function histogram(
  bounds: readonly number[],
  atMost: readonly number[],
  count: number,
  sum: number,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  const buckets = [...bounds, Infinity].map((bound, at): Sample => ({
    suffix: "_bucket",
    labels: { ...labels, le: bound === Infinity ? "+Inf" : String(bound) },
    value: atMost[at] ?? count,
  }));
  return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: count }];
}
