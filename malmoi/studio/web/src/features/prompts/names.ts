import type { Sampling } from '../../api/completions'
import type { Key } from '../../i18n/language'

/** What the page calls each parameter. */
export const NAMES: Record<keyof Sampling, Key> = {
  temperature: 'temperature.label',
  top_p: 'top_p.label',
  top_k: 'top_k.label',
  repetition_penalty: 'repetition.label',
  max_tokens: 'max_tokens.label',
  seed: 'seed.label',
  stops: 'stops.label',
  probabilities: 'probabilities.label',
}
