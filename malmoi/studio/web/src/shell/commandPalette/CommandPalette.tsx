import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Dialog, Modal, ModalOverlay } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { KeyHint } from '../../ui/keys/KeyHint'
import { TextField } from '../../ui/TextField/TextField'
import { sendOnEnter } from '../../text/oneEnter'
import { findAll, type Finder, type Group } from './found'
import css from './CommandPalette.module.css'

/** A person who writes on is asked for once, not for every letter. */
const PAUSE_MS = 120

interface Props {
  finders: Finder[]
  onClose: () => void
  onKeys: () => void
}

/** Finds everything by a part of its name and goes there: one box, the arrows choose, Enter opens. */
export default function CommandPalette({ finders, onClose, onKeys }: Props) {
  const { t } = useLanguage()
  const { history } = useRouter()
  const [asked, setAsked] = useState('')
  const { groups, failed, pending } = useFound(finders, asked)
  const found = groups.flatMap((group) => group.found.map((one) => ({ ...one, key: `${group.id}-${one.id}` })))
  const [wanted, setActive] = useState(0)
  const active = Math.min(wanted, Math.max(0, found.length - 1))
  const open = (at: number) => {
    const one = found[at]
    if (!one) return
    onClose()
    history.push(one.to)
  }
  const box = useRef<HTMLInputElement>(null)
  const latest = useRef(() => {})
  useEffect(() => {
    latest.current = () => open(active)
  })
  // Enter opens with the syllable committed, as everywhere (text/oneEnter).
  useEffect(() => {
    if (!box.current) return
    return sendOnEnter(box.current, () => (latest.current(), false))
  }, [])
  useEffect(() => {
    document.getElementById(`palette-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active])
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined || found.length === 0) return
    event.preventDefault()
    setActive((active + step + found.length) % found.length)
  }
  return (
    <ModalOverlay className={classes(css.veil)} isOpen onOpenChange={(is) => !is && onClose()} isDismissable data-modal>
      <Modal className={classes(css.window)}>
        <Dialog aria-label={t('palette.title')} className={classes(css.body)}>
          <div onKeyDown={move}>
            <TextField
              label={t('palette.placeholder')}
              hideLabel
              search
              autoFocus
              boxRef={box}
              value={asked}
              onChange={(text) => {
                setAsked(text)
                setActive(0)
              }}
              role="combobox"
              aria-expanded
              aria-controls="palette-list"
              aria-autocomplete="list"
              aria-activedescendant={found.length > 0 ? `palette-${active}` : undefined}
              autoComplete="off"
              spellCheck={false}
            />
          </div>
          <Results groups={groups} active={active} onOpen={open} />
          <p className={classes(css.foot)} role="status">
            {found.length === 0 && !pending && t('palette.none')}
            {failed > 0 && t('palette.failed', { count: failed })}
            <span className={classes(css.space)} />
            <Button small onPress={onKeys}>
              {t('keys.title')} <KeyHint keys="?" />
            </Button>
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

interface ResultsProps {
  groups: Group[]
  active: number
  onOpen: (at: number) => void
}

function Results({ groups, active, onOpen }: ResultsProps) {
  const { t } = useLanguage()
  let before = 0
  return (
    <div id="palette-list" role="listbox" aria-label={t('palette.title')} className={classes(css.list)}>
      {groups.map(({ id, title, found }) => {
        const first = before
        before += found.length
        return (
          <div key={id} role="group" aria-labelledby={`palette-group-${id}`}>
            <p id={`palette-group-${id}`} className={classes(css.group)}>
              {title}
            </p>
            {found.map((one, place) => (
              // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the box above has the keys
              <div
                key={one.id}
                id={`palette-${first + place}`}
                role="option"
                aria-selected={first + place === active}
                className={classes(css.item)}
                onClick={() => onOpen(first + place)}
              >
                <span className={classes(css.name)}>{one.name}</span>
                {one.note && <span className={classes(css.note)}>{one.note}</span>}
              </div>
            ))}
          </div>
        )
      })}
    </div>
  )
}

/** What the finders answer to `asked`; the old answer stays until the new one is there, so that nothing jumps. */
function useFound(finders: Finder[], asked: string) {
  const [answer, setAnswer] = useState<{ groups: Group[]; failed: number; asked: string | null }>({
    groups: [],
    failed: 0,
    asked: null,
  })
  useEffect(() => {
    const stop = new AbortController()
    const ask = async () => {
      const next = await findAll(finders, asked.trim(), stop.signal)
      if (!stop.signal.aborted) setAnswer({ ...next, asked })
    }
    const timer = setTimeout(() => void ask(), asked === '' ? 0 : PAUSE_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [finders, asked])
  return { ...answer, pending: answer.asked !== asked }
}
