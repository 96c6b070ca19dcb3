/**
 * Sends with one Enter, also while a Korean syllable is being composed.
 *
 * Chrome and Firefox report such an Enter with isComposing before `compositionend`: it is remembered, and the text is
 * sent once the syllable is committed. Safari reports it after `compositionend` (keyCode 229, not composing): it is
 * sent at once. Chrome on macOS reports it twice: the second finds an empty box. Shift+Enter breaks the line.
 *
 * @param send gets the text; false leaves it in the box
 * @returns a function that takes the listeners away
 */
export function sendOnEnter(box: HTMLTextAreaElement, send: (text: string) => boolean): () => void {
  let composing = false
  let waiting = false
  const listeners = new AbortController()
  const { signal } = listeners

  const sendNow = () => {
    waiting = false
    if (box.value.trim() === '' || !send(box.value)) return
    box.value = ''
    box.dispatchEvent(new Event('input', { bubbles: true }))
  }

  box.addEventListener('compositionstart', () => (composing = true), { signal })
  box.addEventListener(
    'compositionend',
    () => {
      composing = false
      // Not within this event: the browser may still commit the syllable or report the Enter once more.
      if (waiting) setTimeout(() => waiting && sendNow())
    },
    { signal },
  )
  box.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return
      if (composing || event.isComposing) {
        waiting = true
        return
      }
      event.preventDefault()
      sendNow()
    },
    { signal },
  )
  // Some input methods hand the remembered Enter on as a line break.
  box.addEventListener(
    'beforeinput',
    (event) => {
      if (waiting && event.inputType.startsWith('insertLine')) event.preventDefault()
    },
    { signal },
  )
  return () => listeners.abort()
}
