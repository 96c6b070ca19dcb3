import { useEffect, useRef, useSyncExternalStore, type RefObject } from 'react'
import { bindingFor, type Binding, type Bound, type Scope } from './keymap'

const EDITABLE = 'input:not([type=checkbox],[type=radio],[type=range]),textarea,select,[contenteditable=true]'

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform)

let table: readonly Bound[] = []
const readers = new Set<() => void>()

function change(next: readonly Bound[]): void {
  table = next
  for (const read of readers) read()
}

/**
 * Takes keys for as long as the component is on the screen. In a list or a dialog give its element as `within`.
 *
 *     useKeys('page', [{ keys: 'Mod+Enter', does: t('action.run'), run }])
 *     useKeys('list', [{ keys: 'Delete', does: t('prompts.remove'), run: remove }], listRef)
 *
 * A page's keys rest while a dialog is open, and keys that are text rest while a person writes.
 */
export function useKeys(scope: Scope, bindings: Binding[], within?: RefObject<Element | null>): void {
  const latest = useRef(bindings)
  useEffect(() => {
    latest.current = bindings
  })
  // Bound anew only when the keys or their words change; what they run is always the latest.
  const shape = JSON.stringify(bindings.map(({ keys, does }) => [keys, does]))
  useEffect(() => {
    const made = (JSON.parse(shape) as [string, string][]).map(([keys, does], place): Bound => ({
      scope,
      keys,
      does,
      run: () => latest.current[place]?.run(),
      when: () => latest.current[place]?.when?.() ?? true,
      ...(within && { within: () => within.current }),
    }))
    change([...table, ...made])
    return () => change(table.filter((one) => !made.includes(one)))
  }, [scope, shape, within])
}

/** All keys that work now, for the "?" sheet. */
export function useKeyTable(): readonly Bound[] {
  return useSyncExternalStore(
    (changed) => {
      readers.add(changed)
      return () => readers.delete(changed)
    },
    () => table,
  )
}

addEventListener('keydown', (event) => {
  if (event.defaultPrevented) return
  const target = event.target instanceof Element ? event.target : document.body
  const found = bindingFor(table, event, {
    mac: isMac,
    typing: target.matches(EDITABLE),
    modal: document.querySelector('[data-modal]') !== null,
    isInside: (element) => element?.contains(target) ?? false,
  })
  if (!found) return
  // Esc while a syllable is being composed belongs to the input method.
  if (event.isComposing && event.key === 'Escape') return
  event.preventDefault()
  // A syllable that is still being composed belongs to the text: the key works once it is committed.
  if (event.isComposing) target.addEventListener('compositionend', () => setTimeout(found.run), { once: true })
  else found.run()
})
