import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cards } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'

/** The first page: where to begin. */
export default function Home() {
  const { t, pick } = useLanguage()
  return (
    <Page title={t('home.title')}>
      <p className="lead">{t('home.lead')}</p>
      <div className="toolbar">
        <Link to="/play" className="button button-main">
          {t('home.write')}
        </Link>
      </div>
      <h2>{t('home.tasks')}</h2>
      <Loaded query={useQuery(cards())} lines={6}>
        {(list) => (
          <ul className="card-grid">
            {list.map((card) => (
              <li key={card.id}>
                <Link to="/tasks/$card" params={{ card: card.id }} className="card-tile">
                  <strong>{pick(card.title)}</strong>
                  <span className="quiet">{pick(card.description)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Page>
  )
}
