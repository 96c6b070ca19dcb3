import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import css from './Pager.module.css'

interface Props {
  /** The number of the first row of this page, and how many rows it has. Null: more than the server counts. */
  first: number | null
  rows: number
  total: number | null
  /** Places of the pages beside this one, as the server gave them; null at either end. */
  previous: string | null
  next: string | null
  onPlace: (place: string | null) => void
}

/** From page to page of a list, however long it is. Keep the place in the address. */
export function Pager({ first, rows, total, previous, next, onPlace }: Props) {
  const { t } = useLanguage()
  const from = first === null ? '…' : Math.min(first, first + rows - 1)
  const to = first === null ? '…' : first + rows - 1
  return (
    <nav className={classes(css.pager)} aria-label={t('pager.label')}>
      {previous !== null && (
        <Button kind="bare" onPress={() => onPlace(null)}>
          {t('pager.first')}
        </Button>
      )}
      <Button
        kind="bare"
        aria-label={t('pager.before')}
        isDisabled={previous === null}
        onPress={() => onPlace(previous)}
      >
        <Icon name="left" />
      </Button>
      <span>{total === null ? t('pager.place_of_more', { from, to }) : t('pager.place', { from, to, total })}</span>
      <Button kind="bare" aria-label={t('pager.after')} isDisabled={next === null} onPress={() => onPlace(next)}>
        <Icon name="right" />
      </Button>
    </nav>
  )
}
