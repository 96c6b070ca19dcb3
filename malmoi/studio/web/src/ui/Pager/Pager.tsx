import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { classes } from '../classes'
import { Icon } from '../Icon'
import css from './Pager.module.css'

interface Props {
  page: number
  pages: number
  total: number
  onPage: (page: number) => void
}

/** The pages of a list. Keep the page in the address. */
export function Pager({ page, pages, total, onPage }: Props) {
  const { t } = useLanguage()
  return (
    <nav className={classes(css.pager)} aria-label={t('pager.label')}>
      <Button kind="bare" aria-label={t('pager.before')} isDisabled={page <= 1} onPress={() => onPage(page - 1)}>
        <Icon name="left" />
      </Button>
      <span>{t('pager.place', { page, pages: Math.max(1, pages), total })}</span>
      <Button kind="bare" aria-label={t('pager.after')} isDisabled={page >= pages} onPress={() => onPage(page + 1)}>
        <Icon name="right" />
      </Button>
    </nav>
  )
}
