import path from "node:path";

/** A path as records keep it: relative where it lies in the project, which is `.` itself, else absolute; with forward slashes. */
export function projectPath(project: string, file: string): string {
  const absolute = path.resolve(project, file);
  const relative = path.relative(project, absolute);
  const outside = relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return (outside ? absolute : relative || ".").split(path.sep).join("/");
}
