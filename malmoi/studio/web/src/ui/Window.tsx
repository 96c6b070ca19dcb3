import type { ReactNode } from 'react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'
import { classes } from './classes'
import { Icon } from './Icon'
import css from './Window.module.css'

interface Props {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

/** A dialog over the page; Esc and a click outside close it. */
export function Window({ title, isOpen, onClose, children }: Props) {
  const { t } = useLanguage()
  return (
    <ModalOverlay
      className={classes(css.veil)}
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
      data-modal
    >
      <Modal className={classes(css.window)}>
        <Dialog className={classes(css.body)}>
          <header className={classes(css.head)}>
            <Heading slot="title">{title}</Heading>
            <Button kind="bare" aria-label={t('action.close')} onPress={onClose}>
              <Icon name="close" />
            </Button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
