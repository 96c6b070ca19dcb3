import { oneOf, wordsOf } from '../../text/search'

export const COMMANDS = ['corpus', 'tokenizer', 'tokens', 'train', 'model', 'report', 'run'] as const
export type Command = (typeof COMMANDS)[number]

/** ?command=train&recipe=demo&run=demo: which form is open, and for which run. */
export const newJobSearch = (
  said: Record<string, unknown>,
): { command?: Command | undefined; recipe?: string | undefined; run?: string | undefined } => ({
  command: oneOf(said.command, COMMANDS),
  recipe: wordsOf(said.recipe),
  run: wordsOf(said.run),
})
