// The container's HEALTHCHECK: what /healthz says, as an exit code.
try {
  const response = await fetch(`http://127.0.0.1:${process.env.PORT ?? 8080}/healthz`, { signal: AbortSignal.timeout(4_000) });
  console.log(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.log(`no answer: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
