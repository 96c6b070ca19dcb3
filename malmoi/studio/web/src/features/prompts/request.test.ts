import { expect, test } from 'vitest'
import cases from '../../../../../../tests/studio/prompt_requests.json'
import type { Body } from './draft'
import { messagesOf, missing, promptOf, samplingOf, variablesOf } from './request'

interface Case {
  name: string
  body: Body
  given: Record<string, string>
  path: string
  request: Record<string, unknown>
}

test.each(cases as unknown as Case[])('$name (as on the server)', ({ body, given, path, request }) => {
  const texts = path === 'completions' ? { prompt: promptOf(body, given) } : { messages: messagesOf(body, given) }
  expect({ ...texts, ...samplingOf(body.sampling ?? {}) }).toEqual(request)
})

test('a variable without a value stays as it is written, and is told', () => {
  const body: Body = {
    draft: { mode: 'completion', prompt: '{{이름}} {{곳}} {{이름}}', system: '{{딴 것}}', turns: [] },
    sampling: {},
    variables: { 이름: '가' },
  }
  expect(variablesOf(body)).toEqual(['이름', '곳'])
  expect(missing(body)).toEqual(['곳'])
  expect(promptOf(body)).toBe('가 {{곳}} 가')
})
