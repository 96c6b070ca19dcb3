import { describe, expect, it } from 'vitest'
import type { AnswerEvent } from '../api/schema'
import { beginReading, isOpen, take } from './answer'

const ID = '0193a5f0c8007abc8def0123456789ab'
const END = { finish: 'stop', prompt_tokens: 3, answer_tokens: 2, seconds: 0.5, result: null, error: null }

function event(begin: number, text: string, more: Partial<AnswerEvent> = {}): AnswerEvent {
  const to = [begin + [...text].length, 0] as [number, number]
  return { answer: ID, begin: [begin, 0], to, text, tokens: null, told: null, end: null, ...more }
}

describe('take', () => {
  it('joins what comes, and places count characters and not UTF-16 units', () => {
    const reading = beginReading(ID, 'running')
    expect(take(reading, event(0, '나무 👩‍👧'))).toBe(true)
    expect(take(reading, event(6, '꾼'))).toBe(true)
    expect(reading.answer.text).toBe('나무 👩‍👧꾼')
    expect(reading.place).toEqual([7, 0])
  })

  it('leaves out what was read already, and says where something is missing', () => {
    const reading = beginReading(ID, 'running')
    take(reading, event(0, '가나다'))
    expect(take(reading, event(0, '가나'))).toBe(true)
    expect(take(reading, event(1, '나다라'))).toBe(false)
    expect(take(reading, event(4, '마'))).toBe(false)
    expect(take(reading, event(0, '가나다', { end: { state: 'done', ...END } }))).toBe(false)
    expect(reading.answer.text).toBe('가나다')
    expect(isOpen(reading.answer)).toBe(true)
  })

  it('ends with what the server says of it', () => {
    const reading = beginReading(ID, 'opening')
    expect(take(reading, event(0, '가', { end: { state: 'stopped', ...END } }))).toBe(true)
    expect(reading.answer).toMatchObject({ state: 'stopped', text: '가', finish: 'stop', seconds: 0.5 })
    expect(reading.answer.usage).toEqual({ prompt_tokens: 3, completion_tokens: 2 })
  })

  it('an answer that was erased is gone', () => {
    const reading = beginReading(ID, 'opening')
    take(reading, event(0, '', { end: { state: 'gone' } as AnswerEvent['end'] }))
    expect(reading.answer.state).toBe('gone')
    expect(isOpen(reading.answer)).toBe(false)
  })

  it('takes a long answer in the time of its length', () => {
    const reading = beginReading(ID, 'running')
    for (let at = 0; at < 200_000; at++) take(reading, event(at, '가'))
    expect(reading.answer.text.length).toBe(200_000)
  })
})
