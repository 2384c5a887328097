import { expect, test } from "vitest";
import { featureMatrix, features } from "../../lib/patients.ts";
import { patients } from "./dataset.ts";

test("the file holds what the types say: 569 patients, 30 features in the order of its columns", () => {
  expect(patients).toHaveLength(569);
  expect(patients.every((patient, i) => patient.id === i + 1)).toBe(true);
  expect(patients.filter(({ diagnosis }) => diagnosis === "M")).toHaveLength(212);
  expect(patients.filter(({ diagnosis }) => diagnosis === "B")).toHaveLength(357);
  expect(Object.keys(patients[0]!)).toEqual(["id", "diagnosis", ...features]);
  expect(featureMatrix(patients).flat().every(Number.isFinite)).toBe(true);
});
