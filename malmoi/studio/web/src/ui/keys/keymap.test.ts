import { expect, test } from 'vitest'
import { bindingFor, keysText, matches, type Bound, type Pressed } from './keymap'

const pressed = (key: string, part: Partial<Pressed> = {}): Pressed => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...part,
})
const ctrl = { ctrlKey: true }

test.each([
  ['Mod+Enter', pressed('Enter', ctrl), false, true],
  ['Mod+Enter', pressed('Enter', { metaKey: true }), true, true],
  ['Mod+Enter', pressed('Enter', { metaKey: true }), false, false],
  ['Mod+Enter', pressed('Enter', { ctrlKey: true, shiftKey: true }), false, false],
  ['Mod+k', pressed('k', ctrl), false, true],
  ['Mod+k', pressed('K', ctrl), false, true],
  ['Mod+k', pressed('ㅏ', { ...ctrl, code: 'KeyK' }), false, true],
  ['Mod+k', pressed('t', { ...ctrl, code: 'KeyK' }), false, false],
  ['Mod+Shift+k', pressed('K', { ...ctrl, shiftKey: true }), false, true],
  ['?', pressed('?', { shiftKey: true }), false, true],
  ['?', pressed('?'), false, true],
  ['Escape', pressed('Escape', ctrl), false, false],
])('%s and what is pressed', (keys, event, mac, expected) => {
  expect(matches(keys, event, mac)).toBe(expected)
})

const run = () => {}
const table: Bound[] = [
  { scope: 'page', keys: 'Mod+Enter', does: 'run the page', run },
  { scope: 'page', keys: 'j', does: 'next', run },
  { scope: 'dialog', keys: 'Mod+Enter', does: 'save the dialog', run, within: () => null },
  { scope: 'everywhere', keys: 'Mod+k', does: 'palette', run },
  { scope: 'page', keys: 'Mod+Enter', does: 'resting', run, when: () => false },
]
const place = { mac: false, typing: false, modal: false, isInside: () => false }
const found = (event: Pressed, part: Partial<typeof place> = {}) =>
  bindingFor(table, event, { ...place, ...part })?.does ?? null

test('a key goes to the innermost part that wants it', () => {
  expect(found(pressed('Enter', ctrl))).toBe('run the page')
  expect(found(pressed('Enter', ctrl), { isInside: () => true })).toBe('save the dialog')
})

test('the keys of a page rest under an open dialog, those of everywhere do not', () => {
  expect(found(pressed('Enter', ctrl), { modal: true })).toBe(null)
  expect(found(pressed('k', ctrl), { modal: true })).toBe('palette')
})

test('a letter that a person writes is no command', () => {
  expect(found(pressed('j'))).toBe('next')
  expect(found(pressed('j'), { typing: true })).toBe(null)
  expect(found(pressed('Enter', ctrl), { typing: true })).toBe('run the page')
})

test('keys stand as on the keyboard in front of the person', () => {
  expect(keysText('Mod+Enter', false)).toBe('Ctrl ⏎')
  expect(keysText('Mod+Enter', true)).toBe('⌘⏎')
  expect(keysText('Mod+Shift+k', false)).toBe('Ctrl Shift K')
})
