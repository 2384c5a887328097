import { createReadStream, existsSync } from "node:fs";
import { Readable } from "node:stream";
import type { Context } from "hono";
import { fail } from "../../errors.ts";
import { startedSteps } from "../../execute/started.ts";
import type { Artifact } from "../../model.ts";
import { type KeptRecord, recordById } from "../../record/records.ts";
import { type Figure, readArtifact } from "../../store/artifacts.ts";
import { file, fragment } from "../answer.ts";
import { openLog } from "../data/logs.ts";
import { chartOf, textOf } from "../part/figure.ts";
import { framedChart, framedHtml, frameRights } from "../part/frame.ts";
import { pageSize, tablePart } from "../part/table.ts";
import { idOf, type Route, wholeOf } from "../route.ts";
import type { Site } from "../site.ts";
import { vegaScript } from "../vega.ts";
import type { PageQuery } from "../table-reader.ts";

export const outputRoutes: readonly Route[] = [
  { method: "GET", path: "/records/:record/tables/:name", summary: "one page of a stored table", answers: "part", handle: tablePage },
  {
    method: "GET",
    path: "/records/:record/displays/:index/:mime",
    summary: "an image or framed HTML that a step displayed",
    answers: "file",
    handle: (site, context) => figureFile(site, context, displayOf(site, context)),
  },
  {
    method: "GET",
    path: "/records/:record/figures/:name/:mime",
    summary: "an image or framed HTML that a step exported",
    answers: "file",
    handle: (site, context) => figureFile(site, context, artifactOf(site, context, "figure")),
  },
  { method: "GET", path: "/runs/:run/steps/:step/log", summary: "all that a step printed", answers: "file", handle: log },
];

export function recordOf(site: Site, context: Context): KeptRecord {
  return recordById(site.kept.db, Number(idOf(context, "record"))) ?? fail("E_NOT_FOUND", "there is no such record");
}

export function artifactOf(site: Site, context: Context, codec: Artifact["codec"]): Artifact {
  const { artifacts } = recordOf(site, context);
  const name = idOf(context, "name");
  const artifact = Object.hasOwn(artifacts, name) ? artifacts[name] : undefined;
  return artifact?.codec === codec ? artifact : fail("E_NOT_FOUND", `there is no such ${codec}`);
}

export function displayOf(site: Site, context: Context): Artifact {
  return recordOf(site, context).displays[Number(idOf(context, "index"))] ?? fail("E_NOT_FOUND", "there is no such display");
}

async function tablePage(site: Site, context: Context): Promise<Response> {
  const artifact = artifactOf(site, context, "table");
  const schema = artifact.schema ?? [];
  const stored = storedFile(site, artifact);
  const query = queryOf(context, schema.length);
  const [rows, distributions] = await Promise.all([site.tables.page(stored, schema, query), site.tables.distributions(stored, schema)]);
  return fragment(tablePart(idOf(context, "name"), context.req.path, schema, query, rows, distributions));
}

function queryOf(context: Context, columns: number): PageQuery {
  const asked = context.req.query();
  const sort = asked["sort"] === undefined || asked["sort"] === "" ? null : wholeOf(asked["sort"], 0, columns - 1);
  const filters = Array.from({ length: columns }, (_, index) => [index, (asked[`f${index}`] ?? "").slice(0, 200)] as const).filter(
    ([, wish]) => wish.trim() !== "",
  );
  return {
    offset: wholeOf(asked["offset"], 0, Number.MAX_SAFE_INTEGER),
    limit: pageSize,
    sort,
    descending: asked["down"] === "1",
    filters: new Map(filters),
  };
}

export function storedFile(site: Site, artifact: Artifact): string {
  const stored = site.kept.store.path(artifact);
  return existsSync(stored) ? stored : fail("E_NOT_FOUND", "its stored bytes are gone", { remedy: "run again: it is made anew" });
}

const mimes = { svg: "image/svg+xml", png: "image/png" } as const;

/** What comes from a step has no rights, even where it is opened as a page of its own. */
const noRights = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

async function figureFile(site: Site, context: Context, artifact: Artifact): Promise<Response> {
  const wish = idOf(context, "mime");
  if (wish === "chart" || wish === "html") {
    const { bundle } = readArtifact(artifact, storedFile(site, artifact), "figure") as Figure;
    const spec = chartOf(bundle);
    const page =
      wish === "html"
        ? framedHtml(textOf(bundle["text/html"]) ?? fail("E_NOT_FOUND", "it has no html"))
        : framedChart(spec ?? fail("E_NOT_FOUND", "it is not a chart"), await vegaScript(site.project));
    return file(page, "text/html; charset=utf-8", { "content-security-policy": frameRights, "x-frame-options": "SAMEORIGIN" });
  }
  const mime = mimes[idOf(context, "mime") as keyof typeof mimes];
  const { bundle } = readArtifact(artifact, storedFile(site, artifact), "figure") as Figure;
  const content = textOf(bundle[mime]) ?? fail("E_NOT_FOUND", `it has no ${mime}`);
  const body = mime === "image/png" ? new Uint8Array(Buffer.from(content, "base64")) : content;
  return file(body, mime === "image/png" ? mime : `${mime}; charset=utf-8`, {
    "content-security-policy": noRights,
    "x-frame-options": "SAMEORIGIN",
  });
}

function log(site: Site, context: Context): Response {
  const [run, step] = [idOf(context, "run"), idOf(context, "step")];
  const handle = openLog(site.project, run, step);
  const plain = "text/plain; charset=utf-8";
  if (handle === undefined)
    return startedSteps(site.project, run).has(step) ? file("", plain) : fail("E_NOT_FOUND", "there is no such log");
  return file(Readable.toWeb(createReadStream("", { fd: handle })) as ReadableStream, plain);
}
