import { expect, test } from 'vitest'
import { fill, josa } from './josa'
import forms from './numberForms.json'
import { bytes, count, decimal, duration, exactMoment, moment, percent, rounded, share, shortMoment } from './numbers'

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

test('an English sentence has the form that belongs to its number, whatever language the word came from', () => {
  const sentence = '{many} {many?token/tokens} of {all}'
  expect(fill(sentence, { many: 1, all: 2345 }, 'en-GB')).toBe('1 token of 2,345')
  expect(fill(sentence, { many: 0, all: 1 }, 'en-GB')).toBe('0 tokens of 1')
})

// Python reads the same table (tests/kit/test_number_forms.py): reports and pages write a number in one way.
test('sizes, shares, rounded numbers and times are written as in the reports', () => {
  for (const language of ['ko', 'en'] as const) {
    expect(forms.bytes.map(([size]) => bytes(Number(size), language))).toEqual(forms.bytes.map(([, text]) => text))
    expect(forms.percent.map(([part]) => percent(Number(part), language))).toEqual(
      forms.percent.map(([, text]) => text),
    )
    expect(forms.rounded.map(([value]) => rounded(Number(value), language))).toEqual(
      forms.rounded.map(([, text]) => text),
    )
    const place = language === 'ko' ? 1 : 2
    expect(forms.duration.map((row) => duration(Number(row[0]), language))).toEqual(
      forms.duration.map((row) => row[place]),
    )
  }
})

test('a share of nothing is no division by zero', () => {
  expect([share(0, 0, 'ko'), share(1, 8, 'ko')]).toEqual(['0.0%', '12.5%'])
})

test('counts, decimals and very small numbers', () => {
  expect([count(982_900, 'ko'), count(982_900, 'en')]).toEqual(['982,900', '982,900'])
  expect([decimal(3.9277, 3, 'ko'), decimal(1234.5, 1, 'en')]).toEqual(['3.928', '1,234.5'])
  expect([rounded(0, 'ko'), rounded(0.0003, 'ko'), rounded(-0.00001234, 'ko')]).toEqual(['0', '0.0003', '-1.234e-5'])
})

test('a moment is as long as it needs to be, in the language of the page', () => {
  const at = new Date(2026, 10, 30, 9, 5, 7)
  const seconds = at.getTime() / 1000
  const now = (year: number, month: number, day: number) => shortMoment(seconds, 'ko', new Date(year, month, day))
  expect(now(2026, 10, 30)).toBe('09:05')
  expect(now(2026, 11, 1)).toContain('11. 30.')
  expect(now(2027, 0, 1)).toContain('2026')
  expect(moment(seconds, 'ko')).toMatch(/^2026\. 11\. 30\. .*9:05$/)
  expect(moment(seconds, 'en')).toBe('30 Nov 2026, 09:05')
  expect(exactMoment(seconds, 'en')).toContain('09:05:07')
})
