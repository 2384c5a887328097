/**
 * Upper end of the 95 % confidence interval (one-sided, Clopper-Pearson) of the rate at which trials fail: with no
 * failure in n trials about 3/n.
 */
export function upperBound(failures: number, trials: number): number {
  if (trials === 0 || failures >= trials) return 1;
  let [low, high] = [failures / trials, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (atMost(failures, trials, middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability of at most so many failures, where each trial fails with probability p. */
function atMost(failures: number, trials: number, p: number): number {
  let term = trials * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let k = 1; k <= failures; k++) {
    term += Math.log((trials - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return sum;
}
