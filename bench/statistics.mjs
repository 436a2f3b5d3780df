/** The middle value; for an even count the lower of the two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)]
}

/** The value that so large a share of all is not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** The straight line nearest to points [x, y]: its slope, and the standard error of that. */
export function trend(points) {
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))]
  const spread = points.reduce((total, [at]) => total + (at - x) ** 2, 0)
  const slope = points.reduce((total, [at, value]) => total + (at - x) * (value - y), 0) / spread
  const rest = points.reduce((total, [at, value]) => total + (value - y - slope * (at - x)) ** 2, 0)
  return { slope, error: Math.sqrt(rest / (points.length - 2) / spread) }
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length
}
