/**
 * The one table of keys. A part says with `useKeys` which keys it takes and for what; one listener serves them all, and
 * the "?" sheet is made from the same table.
 */

/** Where a key works: `list` within one element, `dialog` in the open dialog, `page` while none is open. */
export type Scope = 'list' | 'dialog' | 'page' | 'everywhere'

export interface Binding {
  /** 'Mod+Enter', 'Escape', '?', 'Mod+Shift+K'. Mod is ⌘ on a Mac and Ctrl elsewhere. */
  keys: string
  /** What it does, as a sentence or noun of the "?" sheet. An empty one is left out of the sheet. */
  does: string
  run: () => void
  /** false: the key is as free as if nobody had asked for it. */
  when?: () => boolean
}

export interface Bound extends Binding {
  scope: Scope
  /** For `list` and `dialog`: only keys pressed within this element. */
  within?: () => Element | null
}

/** The parts of a keydown that decide; a KeyboardEvent fits. */
export interface Pressed {
  key: string
  code: string
  ctrlKey: boolean
  metaKey: boolean
  shiftKey: boolean
  altKey: boolean
}

/** From the innermost out: the first that wants the key gets it. */
const ORDER: Scope[] = ['list', 'dialog', 'page', 'everywhere']

/** Whether the keys pressed are those of a binding. Letters also count where the keyboard writes Hangul (code KeyK). */
export function matches(keys: string, pressed: Pressed, mac: boolean): boolean {
  const parts = keys.split('+')
  const name = parts.pop()!
  const mod = parts.includes('Mod')
  if ((mac ? pressed.metaKey : pressed.ctrlKey) !== mod) return false
  if (mac ? pressed.ctrlKey : pressed.metaKey) return false
  if (pressed.altKey !== parts.includes('Alt')) return false
  if (/^[a-z]$/i.test(name)) return isLetter(name, pressed) && pressed.shiftKey === parts.includes('Shift')
  // A sign such as ? needs Shift on some keyboards and none on others.
  const isSign = name.length === 1
  return pressed.key === name && (isSign || pressed.shiftKey === parts.includes('Shift'))
}

function isLetter(name: string, { key, code }: Pressed): boolean {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase() === name.toLowerCase()
  return code === `Key${name.toUpperCase()}`
}

/** Whether a key is text for the place where it was pressed: then only bindings with a modifier may take it. */
export function isText(keys: string): boolean {
  return !keys.includes('Mod+') && !keys.includes('Alt+') && keys.split('+').at(-1)!.length === 1
}

/** The binding that a key belongs to, or null. `isInside` says whether the key was pressed within an element. */
export function bindingFor(
  bound: readonly Bound[],
  pressed: Pressed,
  place: { mac: boolean; typing: boolean; modal: boolean; isInside: (element: Element | null) => boolean },
): Bound | null {
  for (const scope of ORDER) {
    if (scope === 'page' && place.modal) continue
    // The part that came last lies on top.
    for (const one of bound.toReversed()) {
      if (one.scope !== scope || !matches(one.keys, pressed, place.mac)) continue
      if (place.typing && isText(one.keys)) continue
      if (one.within && !place.isInside(one.within())) continue
      if (one.when && !one.when()) continue
      return one
    }
  }
  return null
}

const SIGNS: Record<string, string> = { Enter: '⏎', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', ' ': 'Space' }

/** Keys as they stand on the keyboard: Ctrl ⏎, or ⌘⏎ on a Mac. */
export function keysText(keys: string, mac: boolean): string {
  const parts = keys.split('+').map((part) => {
    if (part === 'Mod') return mac ? '⌘' : 'Ctrl'
    if (part === 'Alt') return mac ? '⌥' : 'Alt'
    if (part === 'Shift') return mac ? '⇧' : 'Shift'
    return SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)
  })
  return parts.join(mac ? '' : ' ')
}
