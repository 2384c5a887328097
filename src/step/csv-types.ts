import { givenType, type Head } from "./csv-head.ts";
import { countLooks, type Look, type Looks } from "./csv-looks.ts";
import { refuseLoss } from "./csv-loss.ts";
import type { Engine } from "./duckdb.ts";

/** The type that a column is read as, and where it is from. */
export interface SettledType {
  readonly type: string;
  /** Set where the type was found: how many of the values are of it. */
  readonly found?: { readonly fitting: number; readonly values: number };
}

/** Below this share of texts among numbers, they are mistakes and not a column of text. */
const fewTexts = 0.05;
/** Of fewer values nothing is concluded. */
const enoughValues = 20;

/** The types given, and for the other columns those found by looking at every value. */
export async function settleTypes(engine: Engine, head: Head): Promise<SettledType[]> {
  const open = head.names.filter((name) => givenType(head, name) === undefined);
  const looks = open.length > 0 ? await countLooks(engine, head, open) : new Map<string, Looks>();
  const settled = head.names.map((name): SettledType => {
    const type = givenType(head, name);
    return type === undefined ? findType(looks.get(name) ?? {}) : { type };
  });
  // What all values of a column are of holds them.
  await refuseLoss(
    engine,
    head,
    settled.map(({ type, found }) => (found && found.fitting === found.values ? undefined : type)),
  );
  return settled;
}

/** A type that a column may be of. */
interface Candidate {
  readonly type: string;
  /** How many of the values are of it. */
  readonly fitting: number;
  /** How many are not, and would be read nevertheless, as something else. */
  readonly altered: number;
}

function findType(seen: Looks): SettledType {
  const count = (...kinds: Look[]) => kinds.reduce((sum, kind) => sum + (seen[kind] ?? 0), 0);
  const values = Object.values(seen).reduce((sum, each) => sum + each, 0);
  // As numbers they would lose their zeros or their last digits.
  if (values === 0 || count("padded", "long") > 0) return { type: "VARCHAR" };
  const candidates: readonly Candidate[] = [
    { type: "BIGINT", fitting: count("whole", "wide"), altered: count("fraction", "code") },
    {
      type: "DOUBLE",
      fitting: count("whole", "decimal", "fraction") > 0 ? count("whole", "decimal", "fraction", "special") : 0,
      altered: count("wide", "code"),
    },
    { type: "BOOLEAN", fitting: count("truth"), altered: count("whole") },
    { type: "DATE", fitting: count("date"), altered: count("instant", "nano", "zoned", "finer") },
    { type: "TIMESTAMP", fitting: count("instant") > 0 ? count("instant", "date") : 0, altered: count("nano", "zoned", "finer") },
    { type: "TIMESTAMP_NS", fitting: count("nano") > 0 ? count("nano", "instant", "date") : 0, altered: count("zoned", "finer") },
    { type: "TIMESTAMPTZ", fitting: count("zoned"), altered: count("date", "instant", "nano", "finer") },
  ];
  const fits = candidates.find(({ fitting }) => fitting === values);
  const nearly = candidates.find(
    ({ fitting, altered }) => altered === 0 && values >= enoughValues && values - fitting <= fewTexts * values,
  );
  const { type, fitting } = fits ?? nearly ?? { type: "VARCHAR", fitting: values };
  return { type, found: { fitting, values } };
}
