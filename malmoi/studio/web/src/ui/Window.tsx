import type { ReactNode } from 'react'
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { Icon } from './Icon'

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
    <ModalOverlay className="veil" isOpen={isOpen} onOpenChange={(open) => !open && onClose()} isDismissable data-modal>
      <Modal className="window">
        <Dialog className="window-body">
          <header className="window-head">
            <Heading slot="title">{title}</Heading>
            <Button className="button button-bare" aria-label={t('action.close')} onPress={onClose}>
              <Icon name="close" />
            </Button>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
