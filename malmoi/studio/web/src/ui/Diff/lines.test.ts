import { expect, test } from 'vitest'
import { diffLines } from './lines'

const said = (before: string, after: string) =>
  diffLines(before, after).map(
    ({ kind, parts }) =>
      ({ same: ' ', removed: '-', added: '+' })[kind] +
      parts.map(({ text, changed }) => (changed && kind !== 'same' ? `[${text}]` : text)).join(''),
  )

test('a changed line says which words changed', () => {
  expect(said('머리\n짧게 답해요.\n끝', '머리\n길게 답해요.\n끝')).toEqual([
    ' 머리',
    '-[짧게] 답해요.',
    '+[길게] 답해요.',
    ' 끝',
  ])
})

test('lines without an opposite are new or gone as a whole', () => {
  expect(said('가', '가\n나\n다')).toEqual([' 가', '+[나]', '+[다]'])
  expect(said('가\n나', '')).toEqual(['-[가]', '-[나]'])
  expect(said('', '')).toEqual([])
})

test('jamo and Windows line ends are no change', () => {
  expect(said('한글\r\n글', '한글'.normalize('NFD') + '\n글')).toEqual([' 한글', ' 글'])
})

test('both line numbers are counted', () => {
  expect(diffLines('가\n나', '나\n다').map(({ before, after }) => [before, after])).toEqual([
    [1, null],
    [2, 1],
    [null, 2],
  ])
})
