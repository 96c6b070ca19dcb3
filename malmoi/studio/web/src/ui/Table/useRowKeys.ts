import { useState, type RefObject } from 'react'
import { useLanguage } from '../../i18n/language'
import { useKeys } from '../keys/useKeys'
import { chosen } from './order'

interface Props {
  scroller: RefObject<HTMLDivElement | null>
  keys: readonly string[]
  rowPx: number
  select: { selected: ReadonlySet<string>; onSelect: (keys: Set<string>) => void } | null
  open: (at: number) => void
  scrollTo: (at: number) => void
}

/** Which row the keyboard stands on, and the keys that move it, choose and open. */
export function useRowKeys({ scroller, keys, rowPx, select, open, scrollTo }: Props) {
  const { t } = useLanguage()
  const [wanted, setActive] = useState(0)
  const active = Math.min(wanted, Math.max(0, keys.length - 1))
  const page = () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowPx) - 2)
  const go = (to: number, extend = false) => {
    const at = Math.max(0, Math.min(keys.length - 1, to))
    setActive(at)
    scrollTo(at)
    if (extend && select) select.onSelect(chosen(select.selected, keys, at, active))
  }
  // A link or a box in a row keeps its own keys.
  const when = () => document.activeElement === scroller.current && keys.length > 0
  const choosing = () => when() && select !== null
  useKeys(
    'list',
    [
      { keys: 'ArrowDown', does: t('keys.next_row'), run: () => go(active + 1), when },
      { keys: 'ArrowUp', does: t('keys.previous_row'), run: () => go(active - 1), when },
      { keys: 'PageDown', does: '', run: () => go(active + page()), when },
      { keys: 'PageUp', does: '', run: () => go(active - page()), when },
      { keys: 'Home', does: t('keys.first_row'), run: () => go(0), when },
      { keys: 'End', does: t('keys.last_row'), run: () => go(keys.length - 1), when },
      { keys: 'Enter', does: t('keys.open_row'), run: () => open(active), when },
      {
        keys: ' ',
        does: select ? t('table.choose') : '',
        run: () => select?.onSelect(chosen(select.selected, keys, active)),
        when: choosing,
      },
      {
        keys: 'Shift+ArrowDown',
        does: select ? t('keys.extend') : '',
        run: () => go(active + 1, true),
        when: choosing,
      },
      { keys: 'Shift+ArrowUp', does: '', run: () => go(active - 1, true), when: choosing },
      {
        keys: 'Mod+a',
        does: select ? t('table.choose_all') : '',
        run: () => select?.onSelect(new Set(keys)),
        when: choosing,
      },
    ],
    scroller,
  )
  return { active, setActive }
}
