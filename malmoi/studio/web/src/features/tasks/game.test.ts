import { expect, it } from 'vitest'
import type { ChainOutput } from '../../api/schema'
import { after, NEW_GAME } from './game'

const OUTPUT: ChainOutput = {
  status: 'playing',
  reason: null,
  message: { ko: '', en: '' },
  word: '과자',
  history: ['사과', '과자'],
  next_starts: ['자'],
  words_left: 3,
}

it('both words follow each other, and the answer is taken in once', () => {
  const game = after({ ...NEW_GAME, asked: '사과' }, OUTPUT, 'a')
  expect(game.moves.map(({ word, by }) => `${by} ${word}`)).toEqual(['person 사과', 'model 과자'])
  expect(game).toMatchObject({ asked: '', seen: 'a', last: OUTPUT })
})

it('a word that breaks the rules adds nothing', () => {
  const refused: ChainOutput = { ...OUTPUT, status: 'illegal', reason: 'wrong_start', word: null }
  const before = after({ ...NEW_GAME, asked: '사과' }, OUTPUT, 'a')
  expect(after({ ...before, asked: '바다' }, refused, 'b').moves).toEqual(before.moves)
})

it('the model may begin, and a lost game has no word of its', () => {
  expect(after(NEW_GAME, OUTPUT, 'a').moves).toEqual([{ word: '과자', by: 'model' }])
  const lost: ChainOutput = { ...OUTPUT, status: 'user_wins', word: null }
  expect(after({ ...NEW_GAME, asked: '사과' }, lost, 'a').moves).toEqual([{ word: '사과', by: 'person' }])
})
