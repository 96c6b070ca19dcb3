import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import css from './ConfirmDialog.module.css'

interface Props {
  isOpen: boolean
  /** The question: '이 말뭉치를 지울까요?' */
  title: string
  /** What will be gone, with its number. */
  children: ReactNode
  /** The verb on the button: '지우기'. */
  verb: string
  onConfirm: () => void
  onCancel: () => void
}

/**
 * Asks before what cannot be taken back. What can be taken back is done at once and offers an undo (ui/Toast): a
 * question for everything is read by nobody. The focus begins on 취소; Esc cancels; a click outside does nothing.
 */
export function ConfirmDialog({ isOpen, title, children, verb, onConfirm, onCancel }: Props) {
  const { t } = useLanguage()
  return (
    <ModalOverlay className={classes(css.veil)} isOpen={isOpen} onOpenChange={(open) => !open && onCancel()} data-modal>
      <Modal className={classes(css.window)}>
        <Dialog role="alertdialog" className={classes(css.body)}>
          <Heading slot="title">{title}</Heading>
          <div>{children}</div>
          <div className={classes(css.acts)}>
            <Button autoFocus onPress={onCancel}>
              {t('action.cancel')}
            </Button>
            <Button kind="danger" onPress={onConfirm}>
              {verb}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
