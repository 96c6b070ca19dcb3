import { describe, expect, it } from 'vitest'
import { changed, shownOf, valueOf } from './changes'
import type { JobField } from '../../api/schema'

const field = (type: JobField['type'], value: JobField['value']): JobField => ({
  key: 'train.steps',
  type,
  choices: [],
  value,
  default: null,
  about: '',
})

describe('a value of a setting', () => {
  it.each([
    ['1000', 'int', 1000],
    ['1,000', 'int', 1000],
    ['1_000_000', 'int', 1000000],
    ['3e-3', 'float', 0.003],
    ['-1', 'int', -1],
    ['많이', 'int', '많이'],
    ['１０', 'int', '１０'],
    ['NaN', 'float', 'NaN'],
    ['true', 'bool', true],
    ['false', 'bool', false],
    ['0.9, 0.95', 'numbers', [0.9, 0.95]],
    ['0.9, 둘', 'numbers', ['0.9', '둘']],
    ['code, dialogue ,', 'texts', ['code', 'dialogue']],
    ['가 나', 'text', '가 나'],
  ] as const)('%s as %s', (text, type, value) => {
    expect(valueOf(text, type)).toEqual(value)
  })

  it('is shown as it is read', () => {
    expect(shownOf([0.9, 0.95])).toBe('0.9, 0.95')
    expect(shownOf(null)).toBe('')
    expect(shownOf(false)).toBe('false')
  })
})

describe('the changes', () => {
  it('hold what differs from the recipe and nothing else', () => {
    const steps = field('int', 200)
    expect(changed({}, steps, '300')).toEqual({ 'train.steps': 300 })
    expect(changed({ 'train.steps': 300 }, steps, '200')).toEqual({})
    expect(changed({ 'train.steps': 300 }, steps, ' ')).toEqual({})
    expect(changed({ 'train.seed': 1 }, steps, '300')).toEqual({ 'train.seed': 1, 'train.steps': 300 })
  })
})
