import { Dialog, Popover, type PopoverProps } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { classes } from '../ui/classes'
import over from '../ui/popover.module.css'
import { Places, type Place } from './Places'

interface Props extends Pick<PopoverProps, 'triggerRef' | 'isOpen' | 'onOpenChange'> {
  places: Place[]
}

/** The areas for which a phone's bar has no room. */
export default function RestSheet({ places, ...place }: Props) {
  const { t } = useLanguage()
  return (
    <Popover {...place} className={classes(over.popover)} placement="top end">
      <Dialog aria-label={t('rail.more')} className="rail-more">
        <Places places={places} />
      </Dialog>
    </Popover>
  )
}
