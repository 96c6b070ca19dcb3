import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cards } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { Empty, Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'

export default function CardList() {
  const { t, pick } = useLanguage()
  return (
    <Page title={t('rail.cards')}>
      <p className="lead">{t('cards.lead')}</p>
      <Loaded query={useQuery(cards())} lines={6}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t('cards.none')} />
          ) : (
            <ul className="card-grid">
              {list.map((card) => (
                <li key={card.id}>
                  <Link to="/tasks/$card" params={{ card: card.id }} className="card-tile">
                    <span className="tag">{t(`cards.kind.${card.kind}`)}</span>
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
