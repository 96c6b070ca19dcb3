import { expect, test } from 'vitest'
import { pieces } from './pieces'

test.each([
  ['nothing', ''],
  ['one line', '가'],
  ['twenty thousand lines', '옛날 옛적 깊은 산속에 나무꾼이\n'.repeat(20_000)],
  ['empty lines', '\n'.repeat(50_000)],
  ['one line of three million', '가'.repeat(3_000_000)],
  ['long lines', ('가'.repeat(30_000) + '\n').repeat(10)],
  ['emoji at the cut', ('👋'.repeat(9_999) + '\n').repeat(10)],
])('%s is the same again when its pieces are joined', (_, text) => {
  const found = pieces(text)
  expect(found.join('\n')).toBe(text)
  const most = Math.max(...text.split('\n').map((line) => line.length))
  expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(Math.max(20_000, most))
})
