import { keysText } from './keymap'
import { isMac } from './useKeys'
import css from './KeyHint.module.css'
import { classes } from '../classes'

/** The keys beside what they do: `<KeyHint keys="Mod+Enter" />`. Screen readers get them from aria-keyshortcuts. */
export function KeyHint({ keys }: { keys: string }) {
  return (
    <kbd className={classes(css.keys)} aria-hidden="true">
      {keysText(keys, isMac)}
    </kbd>
  )
}
