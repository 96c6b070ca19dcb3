import { expect, test } from 'vitest'
import { fill, josa } from './josa'
import { bytes, duration, share } from './numbers'

test.each([
  ['말뭉치', '을/를', '를'],
  ['학습 기록', '을/를', '을'],
  ['서울', '으로/로', '로'],
  ['3', '이/가', '이'],
  ['2', '은/는', '는'],
  ['LLM', '이/가', '이'],
  ['model', '을/를', '을'],
  ['가'.normalize('NFD') + 'ㄱ', '이/가', '이(가)'],
  ['漢字', '을/를', '을(를)'],
  ['😀', '으로/로', '(으)로'],
  ['‘값’', '이/가', '이'],
])('the particle after %s of %s is %s', (word, pair, expected) => {
  expect(josa(word, pair)).toBe(expected)
})

test('a sentence keeps a name that it has no word for', () => {
  expect(fill('{run:을/를} {there}', { run: '데모' })).toBe('데모를 {there}')
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [385_000, '376.0 KiB'],
])('%d bytes are %s', (count, expected) => {
  expect(bytes(count)).toBe(expected)
})

test('seconds are said as people say them in both languages', () => {
  expect([duration(0.416, 'ko'), duration(12.34, 'ko'), duration(185, 'ko'), duration(3720, 'ko')]).toEqual([
    '0.42초',
    '12.3초',
    '3분 5초',
    '1시간 2분',
  ])
  expect(duration(185, 'en')).toBe('3 min 5 s')
})

test('a share of nothing is no division by zero', () => {
  expect([share(0, 0), share(1, 8)]).toEqual(['0%', '12.5%'])
})
