/**
 * Waits for all tasks, also where one of them fails: what they work in is taken away then.
 * @param stop tells the others to end
 * @throws what the first that failed has thrown
 */
export async function allEnded(tasks: Iterable<Promise<void>>, stop: () => void): Promise<void> {
  const all = [...tasks];
  try {
    await Promise.all(all);
  } catch (error) {
    stop();
    await Promise.allSettled(all);
    throw error;
  }
}
