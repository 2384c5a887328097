/** The ten measures taken of each cell nucleus in an image. */
const measures = [
  "radius",
  "texture",
  "perimeter",
  "area",
  "smoothness",
  "compactness",
  "concavity",
  "concave_points",
  "symmetry",
  "fractal_dimension",
] as const;

/** How the nuclei of one image are summed up: mean, standard error, mean of the three largest. */
const statistics = ["mean", "se", "worst"] as const;

export type Diagnosis = "B" | "M";
export type Measure = (typeof measures)[number];
export type Feature = `${Measure}_${(typeof statistics)[number]}`;

/** A row of `data/dataset.csv`: one image of one breast mass. Units are in `data/README.md`. */
export type Patient = { id: number; diagnosis: Diagnosis } & Record<Feature, number>;

/** The 30 feature names, in the order of the file's columns. */
export const features: readonly Feature[] = statistics.flatMap((statistic) =>
  measures.map((measure): Feature => `${measure}_${statistic}`),
);

/** The feature matrix: one row a patient, one column a feature, unscaled. */
export function featureMatrix(patients: readonly Patient[]): number[][] {
  return patients.map((patient) => features.map((feature) => patient[feature]));
}

/** The diagnoses, in the order of the patients. */
export function diagnoses(patients: readonly Patient[]): Diagnosis[] {
  return patients.map((patient) => patient.diagnosis);
}
