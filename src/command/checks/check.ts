import { toFailure } from "../../errors.ts";

/** What `doctor` found of one thing. */
export interface Check {
  readonly name: string;
  readonly status: "ok" | "warning" | "wrong";
  readonly detail: string;
  readonly remedy?: string;
}

export function ok(name: string, detail: string): Check {
  return { name, status: "ok", detail };
}

export function warning(name: string, detail: string, remedy: string): Check {
  return { name, status: "warning", detail, remedy };
}

export function wrong(name: string, detail: string, remedy: string): Check {
  return { name, status: "wrong", detail, remedy };
}

/** A check that throws has found something wrong: the failure says what. */
export async function guarded(name: string, remedy: string, look: () => Promise<Check[]> | Check[]): Promise<Check[]> {
  try {
    return await look();
  } catch (error) {
    const failure = toFailure(error);
    const place = failure.place
      ? ` (${[failure.place.file, failure.place.line, failure.place.column].filter((each) => each !== undefined).join(":")})`
      : "";
    return [wrong(name, `${failure.message}${place}`, failure.remedy ?? remedy)];
  }
}
