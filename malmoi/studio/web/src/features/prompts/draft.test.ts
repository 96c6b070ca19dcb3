import { expect, test } from 'vitest'
import {
  branchAt,
  branchOf,
  closeTurn,
  draftOf,
  emptyDraft,
  isChanged,
  newTurnId,
  openAnswers,
  removeTurn,
  showBranch,
  withAnswer,
  type Talk,
} from './draft'

const turn = (id: number, text = `${id}`) => ({ id, role: id % 2 ? ('user' as const) : ('assistant' as const), text })
const talk: Talk = { turns: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((id) => turn(id)), branches: [] }
const texts = ({ turns }: Talk) => turns.map(({ text }) => text).join(' ')

test('answering the first of ten turns again loses none of the nine that followed', () => {
  const cut = branchAt(talk, 1)
  expect(texts(cut)).toBe('1')
  const again = { ...cut, turns: [...cut.turns, turn(newTurnId(cut), 'new')] }
  expect(again.turns.at(-1)!.id).toBe(11)
  expect(branchOf(again, 1)).toMatchObject({ after: 1, shown: 1 })
  const back = showBranch(again, 1, 0)
  expect(texts(back)).toBe(texts(talk))
  expect(texts(showBranch(back, 1, 1))).toBe('1 new')
})

test('a third way stands beside the two before', () => {
  let now = branchAt(talk, 1)
  now = { ...now, turns: [...now.turns, turn(newTurnId(now), 'two')] }
  now = branchAt(now, 1)
  now = { ...now, turns: [...now.turns, turn(newTurnId(now), 'three')] }
  expect(branchOf(now, 1)!.tails).toHaveLength(3)
  expect([0, 1, 2].map((shown) => texts(showBranch(now, 1, shown)))).toEqual([texts(talk), '1 two', '1 three'])
})

test('a way within a way is found again, and from the beginning too', () => {
  let now = branchAt(talk, 3)
  now = { ...now, turns: [...now.turns, turn(newTurnId(now), 'inner')] }
  now = branchAt(now, 0)
  expect(texts(now)).toBe('')
  now = showBranch(now, 0, 0)
  expect(texts(now)).toBe('1 2 3 inner')
  expect(texts(showBranch(now, 3, 0))).toBe(texts(talk))
})

test('what is edited in one way stays in it', () => {
  let now = branchAt(talk, 9)
  now = showBranch(now, 9, 0)
  now = { ...now, turns: now.turns.map((one) => (one.id === 10 ? { ...one, text: 'edited' } : one)) }
  now = showBranch(now, 9, 1)
  expect(texts(showBranch(now, 9, 0)).endsWith('edited')).toBe(true)
})

test('nothing happens at the end, for a way that is not there, and for a turn that is gone', () => {
  expect(branchAt(talk, 10)).toBe(talk)
  expect(showBranch(talk, 3, 1)).toBe(talk)
  expect(removeTurn(talk, 99)).toBe(talk)
})

test('the ways after a turn that is removed go on after the one before', () => {
  const cut = branchAt(talk, 3)
  const without = removeTurn(cut, 3)
  expect(texts(without)).toBe('1 2')
  expect(texts(showBranch(without, 2, 0))).toBe('1 2 4 5 6 7 8 9 10')
})

test('a draft of a saved version is unchanged until somebody writes', () => {
  const body = {
    draft: { mode: 'chat', prompt: '', system: '짧게', turns: [{ role: 'user', text: '안녕' }] },
    sampling: { seed: 3 },
  }
  const draft = draftOf({ id: 'a', title: '인사' }, 4, body)
  expect(draft).toMatchObject({ mode: 'chat', system: '짧게', base: 4, promptId: 'a' })
  expect(draft.sampling).toMatchObject({ seed: 3, temperature: 0.8 })
  expect(isChanged(draft)).toBe(false)
  expect(isChanged({ ...draft, system: '길게' })).toBe(true)
  expect(isChanged({ ...draft, answers: ['x'] })).toBe(false)
})

test.each([[{}], [null], [{ messages: [] }], [{ draft: { turns: 3 } }]])(
  'a body that is not ours opens: %j',
  (body) => {
    expect(draftOf({ id: 'a', title: '남의 것' }, 1, body)).toMatchObject({ prompt: '', turns: [] })
    expect(emptyDraft().turns).toEqual([])
  },
)

test('an answer under way becomes its turn when it ends, also in a way that is not shown', () => {
  const open = { id: 2, role: 'assistant' as const, text: '', answer: 'a', isOpen: true }
  const draft = { ...emptyDraft('chat'), ...branchAt({ turns: [turn(1), open], branches: [] }, 1) }
  expect(openAnswers(draft)).toEqual(['a'])
  const closed = closeTurn(draft, 'a', '안녕')
  expect(openAnswers(closed)).toEqual([])
  expect(showBranch(closed, 1, 0).turns[1]).toEqual({ id: 2, role: 'assistant', text: '안녕', answer: 'a' })
  expect(showBranch(closeTurn(draft, 'a', ''), 1, 0).turns).toHaveLength(1)
})

test('the last fifty answers to a prompt can be gone back to', () => {
  let draft = emptyDraft()
  for (let at = 0; at < 60; at++) draft = withAnswer(draft, `${at}`)
  expect([draft.answers.length, draft.answers[0], draft.answers[draft.shown]]).toEqual([50, '10', '59'])
})
