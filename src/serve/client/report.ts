// The script of a report: its tables are sorted and turned over from the rows that the file brings along.
import { startFind } from "./find.ts";

type Row = readonly (string | null)[];

const pageSize = 10;

startFind();
document.querySelectorAll<HTMLFormElement>("form[data-embedded]").forEach(startTable);

function startTable(form: HTMLFormElement): void {
  const { numeric, rows } = JSON.parse(form.querySelector("script")!.textContent) as { numeric: boolean[]; rows: Row[] };
  let shown = rows;
  let offset = 0;
  let sort: { column: number; down: boolean } | undefined;
  const last = Math.max(0, Math.ceil(rows.length / pageSize) - 1) * pageSize;
  const show = (to: number) => {
    offset = Math.min(last, Math.max(0, to));
    if (rows.length > 0)
      form.querySelector("tbody")!.replaceChildren(...shown.slice(offset, offset + pageSize).map((row) => rowElement(row, numeric)));
    form.querySelector("[data-place]")!.textContent =
      `${rows.length === 0 ? 0 : offset + 1}–${Math.min(rows.length, offset + pageSize)} of ${rows.length.toLocaleString("en-US")}`;
    for (const button of form.querySelectorAll<HTMLButtonElement>("[data-go]"))
      button.disabled = /first|back/.test(button.dataset["go"]!) ? offset === 0 : offset === last;
  };
  const order = (column: number) => {
    sort = sort?.column !== column ? { column, down: false } : sort.down ? undefined : { column, down: true };
    shown = sort ? sorted(rows, sort.column, sort.down, numeric[column] === true) : rows;
    form
      .querySelectorAll("thead th")
      .forEach((head, index) => mark(head, sort?.column === index ? (sort.down ? "descending" : "ascending") : "none"));
    show(0);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", ({ target }) => {
    const { sort: column, go } = (target as Element).closest<HTMLElement>("button")?.dataset ?? {};
    if (column !== undefined) order(Number(column));
    else if (go !== undefined) show({ first: 0, back: offset - pageSize, on: offset + pageSize, last }[go]!);
  });
  show(0);
}

function rowElement(row: Row, numeric: readonly boolean[]): HTMLTableRowElement {
  const element = document.createElement("tr");
  element.append(
    ...row.map((cell, index) => {
      const place = document.createElement("td");
      place.textContent = cell ?? "null";
      if (cell === null) place.className = "null";
      else if (numeric[index]) place.className = "number";
      return place;
    }),
  );
  return element;
}

/** What is missing comes last, whichever way. */
function sorted(rows: readonly Row[], column: number, down: boolean, numeric: boolean): Row[] {
  const compare = numeric ? (a: string, b: string) => order(numberOf(a), numberOf(b)) : order<string>;
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column] ?? null, other[column] ?? null];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return compare(a, b) * (down ? -1 : 1);
  });
}

function order<T>(a: T, b: T): number {
  // Beyond all numbers is what is none, as in DuckDB.
  return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

/** Of a number as DuckDB writes it. */
function numberOf(text: string): number {
  return Number(text.replace("inf", "Infinity"));
}

function mark(head: Element, sorted: "ascending" | "descending" | "none"): void {
  head.setAttribute("aria-sort", sorted);
  head.querySelector(".arrow")!.textContent = { ascending: " ↑", descending: " ↓", none: "" }[sorted];
}
