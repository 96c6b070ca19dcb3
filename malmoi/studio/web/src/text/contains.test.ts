import { expect, test } from 'vitest'
import { contains } from './contains'

test.each([
  ['실험-10', '실험', true],
  ['실험-10', 'ㅅㅎ', true],
  ['실험-10', 'ㅅㅎ-1', true],
  ['실험-10', '실ㅎ', true],
  ['실험-10', 'ㅅㅎ-2', false],
  ['실험-10', 'ㅎㅅ', false],
  ['실험-10'.normalize('NFD'), '실험', true],
  ['Korean News', 'news', true],
  ['말뭉치 만들기', '말뭉치만', true],
  ['빵', 'ㅃ', true],
  ['빵', 'ㅂ', false],
  ['어떤 것', '', true],
])('%s has %s: %s', (name, asked, expected) => {
  expect(contains(name, asked)).toBe(expected)
})
