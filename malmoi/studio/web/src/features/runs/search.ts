import { oneOf } from '../../text/search'

export const CURVES = ['loss', 'learning_rate', 'tokens_per_s', 'gradient_norm'] as const
export type Curve = (typeof CURVES)[number]

/** ?curve=learning_rate: which curve is drawn; the loss needs no word. */
export const runSearch = (words: Record<string, unknown>): { curve?: Curve | undefined } => ({
  curve: oneOf(words.curve, CURVES),
})
