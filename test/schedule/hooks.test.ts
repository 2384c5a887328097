import { createServer, type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import type { SlotReport } from "../../src/schedule/define.ts";
import { ping, webhook } from "../../src/schedule/hooks.ts";

const report: SlotReport = {
  schedule: "train",
  slot: "2026-01-01T00:00:00.000Z",
  status: "failed",
  reason: "30_tune: no",
  run: "r1",
  attempts: 3,
};

async function received(answer: number, call: (url: string) => unknown): Promise<{ method: string; body: string }> {
  const seen: { method: string; body: string }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    seen.push({ method: request.method ?? "", body });
    response.writeHead(answer).end();
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await call(`http://127.0.0.1:${(server.address() as { port: number }).port}/x`);
    return seen[0]!;
  } finally {
    server.close();
  }
}

test("webhook posts the report, in words too", async () => {
  const { method, body } = await received(204, (url) => webhook(url)(report));
  expect(method).toBe("POST");
  expect(JSON.parse(body)).toEqual({ text: "train 2026-01-01T00:00:00.000Z: failed (30_tune: no), run r1", ...report });
});

test("ping calls; an answer that is not a success is an error of the hook", async () => {
  expect(await received(200, (url) => ping(url)(report))).toEqual({ method: "GET", body: "" });
  await expect(received(500, (url) => ping(url)(report))).rejects.toThrow("answered 500");
});
