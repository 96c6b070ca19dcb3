import { expect, test } from 'vitest'
import { csv } from './csv'
import { chosen, filtered, sorted } from './order'

const names = ['실험-10', '가나', '실험-2', 'b', '실험-1', 'A']

test('names are sorted as a Korean reader expects, numbers by their size, nothing last', () => {
  expect(sorted(names, (name) => name, false)).toEqual(['가나', '실험-1', '실험-2', '실험-10', 'A', 'b'])
  const values = [3, null, 20, 1]
  expect(sorted(values, (value) => value, false)).toEqual([1, 3, 20, null])
  expect(sorted(values, (value) => value, true)).toEqual([20, 3, 1, null])
})

test('all words of the search stand in a row, in jamo or syllables, in capitals or not', () => {
  const found = (asked: string) => filtered(names, asked, (name) => [name, '학습 ABC'])
  expect(found('실험 abc')).toEqual(['실험-10', '실험-2', '실험-1'])
  expect(found('실험'.normalize('NFD'))).toHaveLength(3)
  expect(found('  ')).toBe(names)
  expect(found('없음')).toEqual([])
})

test('one row is switched, a stretch is added', () => {
  const keys = ['a', 'b', 'c', 'd']
  expect([...chosen(new Set(['a']), keys, 0)]).toEqual([])
  expect([...chosen(new Set(['a']), keys, 3, 1)]).toEqual(['a', 'b', 'c', 'd'])
  expect([...chosen(new Set(), keys, 9)]).toEqual([])
})

test('a spreadsheet opens the file whole and runs nothing in it', () => {
  const text = csv(
    ['이름', '값'],
    [
      ['=1+1', 3],
      ['"따옴표", 쉼표', -2.5],
      ['두\n줄', null],
      ['-비고', 0],
    ],
  )
  expect(text.charCodeAt(0)).toBe(0xfeff)
  expect(text.slice(1).split('\r\n')).toEqual([
    '이름,값',
    "'=1+1,3",
    '"""따옴표"", 쉼표",-2.5',
    '"두\n줄",',
    "'-비고,0",
    '',
  ])
})

test('sorting a hundred thousand rows keeps every one', () => {
  const many = Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 100_003)
  const order = sorted(many, (value) => value, true)
  expect(order).toHaveLength(100_000)
  expect(order.slice(0, 3)).toEqual([...many].sort((one, other) => other - one).slice(0, 3))
  expect(filtered(many, '99999', (value) => [value])).toEqual([99999])
})
