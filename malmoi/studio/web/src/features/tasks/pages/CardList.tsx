import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cards } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { classes } from '../../../ui/classes'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { Tag } from '../../../ui/Tag/Tag'
import css from './CardList.module.css'

export default function CardList() {
  const { t, pick } = useLanguage()
  return (
    <Page title={t('rail.cards')}>
      <p className={classes(css.lead)}>{t('cards.lead')}</p>
      <Loaded query={useQuery(cards())} lines={6}>
        {(list) =>
          list.length === 0 ? (
            <EmptyState icon="cards" title={t('cards.none')} />
          ) : (
            <ul className={classes(css.grid)}>
              {list.map((card) => (
                <li key={card.id}>
                  <Link to="/tasks/$card" params={{ card: card.id }} className={classes(css.tile)}>
                    <Tag>{t(`cards.kind.${card.kind}`)}</Tag>
                    <strong>{pick(card.title)}</strong>
                    <span className="quiet">{pick(card.description)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  )
}
