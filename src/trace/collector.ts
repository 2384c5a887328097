/** Where spans go, as OpenTelemetry's environment variables say it. */
export interface Collector {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the spans are of: service.name and the like. */
  readonly resource: Readonly<Record<string, string>>;
}

/** The collector of the environment, or undefined: then nothing of this room is loaded. */
export function collectorOf(env: NodeJS.ProcessEnv): Collector | undefined {
  const [own, base] = [env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], env["OTEL_EXPORTER_OTLP_ENDPOINT"]];
  const url = own || (base ? `${base.replace(/\/+$/, "")}/v1/traces` : undefined);
  if (url === undefined || env["OTEL_SDK_DISABLED"] === "true" || env["OTEL_TRACES_EXPORTER"] === "none") return undefined;
  return {
    url,
    headers: pairs(env["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] || env["OTEL_EXPORTER_OTLP_HEADERS"]),
    resource: { "service.name": env["OTEL_SERVICE_NAME"] || "stepbook", ...pairs(env["OTEL_RESOURCE_ATTRIBUTES"]) },
  };
}

/** `a=1,b=2`, percent-encoded. */
function pairs(text = ""): Record<string, string> {
  const found = text.split(",").map((pair) => /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(pair));
  return Object.fromEntries(found.flatMap((match) => (match ? [[match[1]!, decode(match[2]!)]] : [])));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
