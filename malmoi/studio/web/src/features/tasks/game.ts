import type { ChainOutput } from '../../api/schema'
import type { Move } from './Said'

/** A word chain as it stands in this tab. asked: the word that waits for its answer; seen: the answer taken in last. */
export interface Game {
  moves: Move[]
  last: ChainOutput | null
  asked: string
  seen: string | null
}

export const NEW_GAME: Game = { moves: [], last: null, asked: '', seen: null }

/** The game after an answer: the person's word and the model's, unless the word broke the rules. */
export function after(game: Game, output: ChainOutput, seen: string | null): Game {
  if (output.status === 'illegal') return { ...game, last: output, seen }
  const mine: Move[] = game.asked === '' ? [] : [{ word: game.asked, by: 'person' }]
  const theirs: Move[] = output.word ? [{ word: output.word, by: 'model' }] : []
  return { moves: [...game.moves, ...mine, ...theirs], last: output, asked: '', seen }
}
