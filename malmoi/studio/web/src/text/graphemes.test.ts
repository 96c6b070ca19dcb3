import { expect, test } from 'vitest'
import { graphemes, graphemesInTurn } from './graphemes'

test.each([
  ['', 0],
  ['한글 abc 漢字', 9],
  ['한글'.normalize('NFD'), 2],
  ['안녕하세요'.normalize('NFD'), 5],
  ['👨‍👩‍👧', 1],
  ['🇰🇷👋🏽', 2],
  ['e\u0301', 1],
  ['ᄒᆞᆫ글', 2], // old Hangul that no composed syllable has
  ['ㅋㅋㅋ', 3],
  ['가\r\n나', 3],
  ['가\n\n나', 4],
  ['가\u200d나', 2],
])('%j is what a person counts', (text, expected) => {
  expect(graphemes(text)).toBe(expected)
})

test('a text longer than a piece is cut within no grapheme', () => {
  const family = '👨‍👩‍👧'
  for (const shift of [0, 1, 2, 3, 4, 5, 6, 7]) {
    expect(graphemes('가'.repeat(2_040 + shift) + family.repeat(2_000))).toBe(2_040 + shift + 2_000)
    expect(graphemes('가'.repeat(2_040 + shift) + '각'.normalize('NFD').repeat(3_000))).toBe(2_040 + shift + 3_000)
  }
})

test('a long text is counted while others have their turn', async () => {
  const text = '옛날 옛적에 👋\n'.repeat(50_000)
  let turns = 0
  const timer = setInterval(() => (turns += 1))
  expect(await graphemesInTurn(text, new AbortController().signal)).toBe(9 * 50_000)
  clearInterval(timer)
  expect(turns).toBeGreaterThan(3)
})

test('a counting that nobody waits for any more ends', async () => {
  const leaving = new AbortController()
  const counting = graphemesInTurn('👋'.repeat(500_000), leaving.signal)
  leaving.abort(new Error('left'))
  await expect(counting).rejects.toThrow('left')
})
