import type { Reporter, TestModule } from "vitest/node";

/** Says how long the chaos tests took, all files together: they are to leave the ordinary tests quick. */
export default class ChaosTime implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const chaos = modules.filter(({ moduleId }) => moduleId.includes("/test/chaos/"));
    if (chaos.length < 2) return;
    const ms = chaos.reduce((sum, module) => sum + module.diagnostic().duration, 0);
    console.log(`chaos: ${Math.round(ms / 1000)} s in ${chaos.length} files, side by side`);
  }
}
