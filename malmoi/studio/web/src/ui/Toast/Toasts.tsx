import { useEffect, useRef, useState } from 'react'
import {
  Button as AriaButton,
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastRegion as ToastRegion,
  type QueuedToast,
} from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { buttonLook } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import { KeyHint } from '../keys/KeyHint'
import { useKeys } from '../keys/useKeys'
import { toast as say, toasts, type ToastWords } from './toasts'
import css from './Toasts.module.css'

/** Draws the queue of toasts once, in the app. Each is announced when it comes (role alert); F6 moves the focus there. */
export function Toasts() {
  const { t } = useLanguage()
  const undoable = useNewestUndo()
  const written = useLastWriting()
  const undo = async (toast: QueuedToast<ToastWords>) => {
    toasts.close(toast.key)
    try {
      await toast.content.undo?.()
    } catch {
      say(t('toast.undo_failed'))
    }
  }
  useKeys('everywhere', [
    {
      keys: 'Mod+z',
      does: undoable ? t('toast.undo') : '',
      run: () => undoable && void undo(undoable),
      when: () => undoable !== null && written.current < undoable.content.at,
    },
  ])
  return (
    <ToastRegion queue={toasts} aria-label={t('toast.label')} className={classes(css.region)}>
      {({ toast }) => (
        <Toast toast={toast} className={classes(css.toast)}>
          <ToastContent className={classes(css.content)}>
            <Text slot="title">{toast.content.text}</Text>
          </ToastContent>
          {toast.content.undo && (
            <AriaButton className={buttonLook({ small: true })} onPress={() => void undo(toast)}>
              {t('toast.undo')} {toast === undoable && <KeyHint keys="Mod+z" />}
            </AriaButton>
          )}
          <AriaButton slot="close" className={buttonLook({ kind: 'bare' })} aria-label={t('action.close')}>
            <Icon name="close" />
          </AriaButton>
        </Toast>
      )}
    </ToastRegion>
  )
}

function useNewestUndo(): QueuedToast<ToastWords> | null {
  const [newest, setNewest] = useState<QueuedToast<ToastWords> | null>(null)
  useEffect(() => {
    const look = () => {
      const open = toasts.visibleToasts.filter(({ content }) => content.undo)
      setNewest(open.toSorted((one, other) => other.content.at - one.content.at)[0] ?? null)
    }
    look()
    return toasts.subscribe(look)
  }, [])
  return newest
}

/** When a person last wrote in a text box: Ctrl+Z after that takes back the writing. */
function useLastWriting() {
  const at = useRef(-Infinity)
  useEffect(() => {
    const wrote = () => (at.current = performance.now())
    addEventListener('input', wrote, true)
    return () => removeEventListener('input', wrote, true)
  }, [])
  return at
}
