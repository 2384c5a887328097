import { existsSync } from "node:fs";
import type { Context } from "hono";
import { plain } from "../../command/plain.ts";
import { describedRecord as shownRecord } from "../../command/show-step.ts";
import { fail } from "../../errors.ts";
import type { Artifact, Column } from "../../model.ts";
import type { KeptRecord } from "../../record/records.ts";
import { type Figure, readArtifact } from "../../store/artifacts.ts";
import { idOf, type Route } from "../route.ts";
import { artifactOf, displayOf, recordOf, storedFile } from "../routes/outputs.ts";
import type { Site } from "../site.ts";
import type { PageQuery } from "../table-reader.ts";
import { named } from "./components.ts";
import { get } from "./describe.ts";
import { downAsked, sortAsked, wholeAsked } from "./query.ts";
import { about, any, list, map, object, orNull, text, whole } from "./schema.ts";

const largestValue = 4_000_000;
const mostRows = 1000;

export const recordApi: readonly Route[] = [
  get("/api/records/:record", "what one execution of a step left", { answer: named("Record") }, (site, context) =>
    describedRecord(recordOf(site, context)),
  ),
  get(
    "/api/records/:record/tables/:name",
    "rows of a stored table, each column's distribution",
    {
      query: {
        offset: about("rows to leave out before", whole),
        limit: about(`at most ${mostRows}; else 100`, whole),
        sort: about("a column's name", text),
        down: about("1: from the largest to the smallest", text),
        filter: about("column:wish, such as score:>5, id:1..3, diagnosis:=M, name:part of a text; may be repeated", text),
      },
      answer: object({
        schema: list(named("Column")),
        total: about("rows that fulfil the filters", whole),
        offset: whole,
        rows: about("cells as text, cut at 300 characters", list(list(orNull(text)))),
        distributions: list(named("Distribution")),
      }),
    },
    table,
  ),
  get(
    "/api/records/:record/values/:name",
    "an exported value as plain JSON: bigint as text, Map as pairs, Date as ISO 8601",
    { answer: object({ name: text, value: any }) },
    value,
  ),
  get(
    "/api/records/:record/figures/:name",
    "an exported figure: MIME type → content",
    { answer: object({ name: text, bundle: map(any) }) },
    (site, context) => ({ name: idOf(context, "name"), bundle: bundleOf(site, artifactOf(site, context, "figure")) }),
  ),
  get(
    "/api/records/:record/displays/:index",
    "what a step displayed: MIME type → content",
    { answer: object({ bundle: map(any) }) },
    (site, context) => ({ bundle: bundleOf(site, displayOf(site, context)) }),
  ),
];

/** As `show <step> --json` has it, and what the pages need besides. */
export function describedRecord(record: KeptRecord) {
  return { id: record.id, step: record.step, ...shownRecord(record), displays: record.displays };
}

async function table(site: Site, context: Context) {
  const artifact = artifactOf(site, context, "table");
  const { schema = [] } = artifact;
  const stored = storedFile(site, artifact);
  const query = queryOf(context, schema);
  const [{ total, rows }, distributions] = await Promise.all([
    site.tables.page(stored, schema, query),
    site.tables.distributions(stored, schema),
  ]);
  return { schema, total, offset: query.offset, rows, distributions };
}

function queryOf(context: Context, schema: readonly Column[]): PageQuery {
  const names = schema.map((column) => column.name);
  const sort = sortAsked(context, names);
  const filters = (context.req.queries("filter") ?? []).slice(0, 50).map((wish) => filterOf(schema, wish.slice(0, 500)));
  return {
    offset: wholeAsked(context, "offset", 0, Number.MAX_SAFE_INTEGER),
    limit: wholeAsked(context, "limit", 100, mostRows),
    sort: sort === null ? null : names.indexOf(sort),
    descending: downAsked(context),
    filters: new Map(filters),
  };
}

/** A column's name may hold a colon: the longest name that fits is meant. */
function filterOf(schema: readonly Column[], wish: string): [number, string] {
  const [column] = schema.filter(({ name }) => wish.startsWith(`${name}:`)).sort((a, b) => b.name.length - a.name.length);
  if (!column)
    return fail("E_USAGE", `the filter "${wish.slice(0, 100)}" names no column`, { remedy: "write it as column:wish, such as score:>5" });
  return [schema.indexOf(column), wish.slice(column.name.length + 1)];
}

function value(site: Site, context: Context) {
  const [artifact, name] = [artifactOf(site, context, "value"), idOf(context, "name")];
  if (artifact.bytes > largestValue)
    fail("E_USAGE", `a value of ${artifact.bytes} bytes is too large for an answer`, { remedy: "`show step.export --json` prints it" });
  return { name, value: plain(readArtifact(artifact, storedFile(site, artifact), name)) };
}

function bundleOf({ kept }: Site, artifact: Artifact) {
  const file = kept.store.path(artifact);
  if (!existsSync(file)) fail("E_NOT_FOUND", "its stored bytes are gone", { remedy: "run again: it is made anew" });
  return (readArtifact(artifact, file, "figure") as Figure).bundle;
}
