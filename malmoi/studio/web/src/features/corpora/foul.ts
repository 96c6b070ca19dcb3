/** Reasons whose documents hold what nobody should have to read unasked (malmoi/corpus/report/labels.toml). */
const FOUL = new Set(['profanity', 'swearing', 'harmful'])

export function isFoul({ reasons }: { reasons: readonly string[] }): boolean {
  return reasons.some((reason) => FOUL.has(reason))
}
