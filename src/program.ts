import { Command, CommanderError, Option } from "commander";
import { commandIn } from "./command-name.ts";
import type { Io } from "./command/io.ts";
import { StepbookError } from "./errors.ts";
import { version } from "./version.ts";

/**
 * Reads the words as a command and does it. Each subcommand is a file in src/command/, loaded when it is called.
 * @param wrong is told what the command threw, and of which project
 * @returns the exit code
 */
export async function runWords(words: readonly string[], wrong: (error: unknown, project: string) => Promise<number>): Promise<number> {
  let [code, project] = [0, process.cwd()];
  const program = build((exit) => (code = exit)).hook("preAction", (_, command) => void (project = io(command).project));
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // What there is was told already.
    if (error instanceof CommanderError && error.code === "commander.help") return 2;
    return wrong(error instanceof CommanderError ? wrongUsage(error) : error, project);
  }
  return code;
}

/** What is wrong, and in a line of its own, in brackets, what may have been meant. */
function wrongUsage({ message, code, command }: CommanderError & { command?: Command }): StepbookError {
  const [what = "", hint = ""] = message.replace(/^error: /, "").split("\n");
  const isOfWords = command && (code === "commander.missingArgument" || code === "commander.excessArguments");
  const meant = isOfWords ? `write it as ${usageOf(command)}; ` : hint.replace(/^\(D(.*)\)$/, "d$1 ");
  return new StepbookError({ code: "E_USAGE", message: what, remedy: `${meant}--help shows what there is` });
}

/** The command with the words that it takes: `stepbook logs <run> <step>`. */
function usageOf(command: Command): string {
  const words = command.usage().replace(/^\[options\] ?(\[command\] ?)?/, "");
  const names = [command.parent?.parent && command.parent.name(), command.name(), words];
  return ["stepbook", ...names.filter(Boolean)].join(" ");
}

type Setter = (code: number) => void;

/** Of the program and of each command: before the command's word or after it. */
const projectOption = ["--project <folder>", "the folder that holds steps/ (default: this one)"] as const;

function build(exit: Setter): Command {
  const program = new Command("stepbook")
    .description("Numbered TypeScript scripts as a pipeline: an import is the arrow, an export is the artifact.")
    .version(version, "-V, --version", "print the version")
    .option(...projectOption)
    .exitOverride()
    // Errors are told as all others are; of a reader of the help that has gone away nobody needs to know.
    .configureOutput({ outputError: () => {}, writeOut: (text) => void process.stdout.on("error", () => {}).write(text) })
    .enablePositionalOptions();
  addRunCommands(program, exit);
  addLookCommands(program, exit);
  addKeepCommands(program, exit);
  for (const command of program.commands.flatMap((each) => [each, ...each.commands]))
    command
      .exitOverride((error) => {
        throw Object.assign(error, { command });
      })
      .option(...projectOption)
      .option("--json", "print JSON, for programs");
  return program;
}

/** Commands that plan or run the graph. */
function addRunCommands(program: Command, exit: Setter): void {
  runOptions(program.command("run [steps...]", { isDefault: true }).description("run the steps, or the named ones and what they need"))
    .option("--force", "run even what could be reused")
    .addOption(
      new Option("--from <step>", "run this step and all that depends on it, even what could be reused").argParser(
        (word: string, all: string[] = []) => [...all, word],
      ),
    )
    .option("--retry <run>", "run what failed or was not reached in that run, with its params and logical date")
    .addOption(new Option("--serial", "one step at a time").conflicts("jobs"))
    .option("-j, --jobs <n>", "how many steps side by side")
    .option("--keep-going", "go on with what does not depend on a failed step")
    .option("--no-wait", "fail at once where another runner works in this folder")
    .option("--watch", "run again at every save")
    .addHelpText("after", example("run", "run 30_tune -p cv_folds=5", "run --from 30_tune", "run --retry last", "run --watch"))
    .action(async (steps: string[], options, command: Command) =>
      exit(
        await (
          await import("./command/run.ts")
        ).run(
          io(command),
          steps,
          options,
          program.commands.map((each) => each.name()),
        ),
      ),
    );
  runOptions(program.command("plan [steps...]").description("what would run and why; runs nothing"))
    .option("--force", "as if nothing could be reused")
    .addHelpText("after", example("plan", "plan -p cv_folds=5"))
    .action(async (steps: string[], options, command: Command) =>
      exit(await (await import("./command/plan.ts")).plan(io(command), steps, options)),
    );
  runOptions(program.command("why <step>").description("why a step would run or be reused"))
    .addHelpText("after", example("why 30_tune"))
    .action(async (step: string, options, command: Command) =>
      exit(await (await import("./command/why.ts")).why(io(command), step, options)),
    );
  program
    .command("graph")
    .description("the steps and their edges")
    .addOption(new Option("--mermaid", "as a Mermaid diagram").conflicts("json"))
    .addHelpText("after", example("graph", "graph --mermaid"))
    .action(async (options, command: Command) => exit(await (await import("./command/graph.ts")).graph(io(command), options)));
  runOptions(program.command("verify <step>").description("execute a step again, apart, and compare the bytes: reproducible or not"))
    .addHelpText("after", example("verify 30_tune"))
    .action(async (step: string, options, command: Command) =>
      exit(await (await import("./command/verify.ts")).verify(io(command), step, options)),
    );
}

function runOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-p, --param <name=value>", "give a param a value").argParser((word: string, all: string[] = []) => [...all, word]),
    )
    .option("--logical-date <date>", "the scheduled instant that the run stands for: 2026-01-31 (in UTC), 2026-01-31T06:00:00Z");
}

/** Commands that show what is kept. */
function addLookCommands(program: Command, exit: Setter): void {
  program
    .command("runs")
    .description("the runs, newest first")
    .option("-n, --limit <n>", "how many", "20")
    .addHelpText("after", example("runs", "runs -n 100 --json"))
    .action(async (options, command: Command) => exit(await (await import("./command/runs.ts")).runs(io(command), options)));
  program
    .command("show <what>")
    .description("a run, a step or an export: last, 30_tune, 30_tune.best")
    .option("-n, --limit <n>", "how many rows of a table; else 20, with --json all")
    .addHelpText("after", example("show last", "show 30_tune", "show 20_split.train --json"))
    .action(async (what: string, options, command: Command) =>
      exit(await (await import("./command/show.ts")).show(io(command), what, options)),
    );
  program
    .command("logs <run> <step>")
    .description("what a step printed in a run")
    .addHelpText("after", example("logs last 30_tune"))
    .action(async (run: string, step: string, _options, command: Command) =>
      exit(await (await import("./command/logs.ts")).logs(io(command), run, step)),
    );
  program
    .command("diff [before] [after]")
    .description("what differs between two runs, by themselves the last two: code, params, data, metrics")
    .addHelpText("after", example("diff", "diff last~3 last"))
    .action(async (before: string | undefined, after: string | undefined, _options, command: Command) =>
      exit(await (await import("./command/diff.ts")).diff(io(command), before, after)),
    );
  program
    .command("experiments")
    .description("the recorded results, newest first")
    .option("-n, --limit <n>", "how many", "20")
    .option("--table <name>", "which results table (default: experiments, or the first)")
    .addHelpText("after", example("experiments", "experiments --json"))
    .action(async (options, command: Command) => exit(await (await import("./command/experiments.ts")).experiments(io(command), options)));
  program
    .command("ui")
    .description("serve the pipeline as a notebook, for a browser on this machine")
    .option("--port <n>", "where to listen (8080, or PORT); 0: any free port")
    .option(
      "--host <address>",
      "listen on another address than 127.0.0.1 (or STEPBOOK_HOST); reading then needs the token in the printed address",
    )
    .addHelpText("after", example("ui", "ui --port 8081"))
    .action(async (options, command: Command) => exit(await (await import("./serve/command.ts")).ui(io(command), options)));
  program
    .command("report [run]")
    .description("a run as one HTML file that needs nothing else: to send, to keep, to open offline")
    .option("-o, --output <file>", "where to write it; -: to stdout", "report.html")
    .option("--rows <n>", "rows of each table that go along", "200")
    .addHelpText("after", example("report", "report last~1 -o before.html"))
    .action(async (run: string | undefined, options, command: Command) =>
      exit(await (await import("./serve/report/command.ts")).report(io(command), run, options)),
    );
  program
    .command("export <form> [run]")
    .description("a run as a Jupyter notebook (ipynb) or as Markdown (md)")
    .option("-o, --output <file>", "where to write it; -: to stdout", "-")
    .option("--rows <n>", "rows of each table that go along", "10")
    .addHelpText("after", example("export ipynb -o pipeline.ipynb", "export md last~1 -o before.md"))
    .action(async (form: string, run: string | undefined, options, command: Command) =>
      exit(await (await import("./serve/export/command.ts")).exportRun(io(command), form, run, options)),
    );
  const models = program
    .command("models")
    .description("the saved models and their versions")
    .addHelpText("after", example("models", "models alias breast-cancer@production v3"))
    .action(async (_options, command: Command) => exit(await (await import("./command/models.ts")).models(io(command))));
  models
    .command("alias <model@alias> [version]")
    .description('let an alias stand for a version: loadModel("model@alias") reads it')
    .option("--remove", "take the alias away")
    .addHelpText("after", example("models alias breast-cancer@production v3", "models alias breast-cancer@candidate --remove"))
    .action(async (words: string, version: string | undefined, options, command: Command) =>
      exit(await (await import("./command/models.ts")).modelsAlias(io(command), words, version, options)),
    );
  program
    .command("predict <model> [inputs...]")
    .description("ask a saved model whose card says how: name=value for each input; those left out have their example, which is said")
    .addHelpText("after", example("predict breast-cancer", "predict breast-cancer@production radius_mean=20.1 texture_mean=19.4 --json"))
    .action(async (model: string, inputs: string[], _options, command: Command) =>
      exit(await (await import("./command/predict.ts")).predict(io(command), model, inputs)),
    );
}

/** Commands that look after a project. */
function addKeepCommands(program: Command, exit: Setter): void {
  const slots = program
    .command("slots")
    .description("the ledger of the schedules: each slot and what became of it, newest first")
    .option("-n, --limit <n>", "how many", "20")
    .addHelpText("after", example("slots", "slots -n 100 --json", "slots pause train"))
    .action(async (options, command: Command) => exit(await (await import("./command/slots.ts")).slots(io(command), options)));
  for (const [word, rest, what] of [
    ["pause", true, "let a schedule rest: its slots are skipped until it is resumed"],
    ["resume", false, "end a schedule's rest"],
  ] as const) {
    slots
      .command(`${word} [schedule]`)
      .description(what)
      .addHelpText("after", example(`slots ${word} train`))
      .action(async (name: string | undefined, _options, command: Command) =>
        exit(await (await import("./command/slots.ts")).restSchedule(io(command), name, rest)),
      );
  }
  program
    .command("backfill")
    .description("run past slots of a schedule; those that succeeded are left alone")
    .requiredOption("--from <date>", "the first day, or instant")
    .requiredOption("--to <date>", "the last day, or instant")
    .option("--schedule <name>", "which schedule, where schedule.ts has several")
    .option("--dry-run", "only say what would run")
    .option("-j, --jobs <n>", "how many steps side by side; the runs go one after the other")
    .addHelpText("after", example("backfill --from 2026-01-01 --to 2026-01-31 --dry-run"))
    .action(async (options, command: Command) => exit(await (await import("./command/backfill.ts")).backfill(io(command), options)));
  program
    .command("mirror")
    .description("the copy in Postgres: what was sent, what waits, what was refused and why")
    .addOption(new Option("--status", "only look (the default)").conflicts(["now", "resend"]))
    .option("--now", "send what waits")
    .option("--resend", "send all again, such as to a database that was restored or emptied")
    .addHelpText("after", example("mirror", "mirror --now", "mirror --resend"))
    .action(async (options, command: Command) => exit(await (await import("./command/mirror.ts")).mirror(io(command), options)));
  program
    .command("gc")
    .description("remove what no kept run reaches")
    .option("--keep <age>", "keep runs younger than this: 30d, 12h, 6m (minutes)", "30d")
    .option("--size <bytes>", "then go on, oldest first, until the store is at most this large, such as 2GB")
    .option("--dry-run", "only say what would go")
    .addHelpText("after", example("gc --keep 7d", "gc --size 1GB --dry-run"))
    .action(async (options, command: Command) => exit(await (await import("./command/gc.ts")).gc(io(command), options)));
  program
    .command("doctor")
    .description("look for what is wrong with this machine or project")
    .option("--rebuild", "make a damaged .stepbook/state.db anew from what lies beside it; the damaged file is kept")
    .addHelpText("after", example("doctor", "doctor --rebuild"))
    .action(async (options: { rebuild?: boolean }, command: Command) => {
      if (options.rebuild) exit(await (await import("./command/rebuild.ts")).rebuild(io(command)));
      else exit(await (await import("./command/doctor.ts")).doctor(io(command)));
    });
}

function example(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${commandIn(process.cwd())} ${line}`).join("\n")}`;
}

function io(command: Command): Io {
  const { project = process.cwd(), json } = command.optsWithGlobals<{ project?: string; json?: boolean }>();
  return { project, json: json === true, stdout: process.stdout, stderr: process.stderr, env: process.env };
}
