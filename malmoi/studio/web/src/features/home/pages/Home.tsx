import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cards } from '../../../api/queries'
import { useLanguage } from '../../../i18n/language'
import { classes } from '../../../ui/classes'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { GoOn } from '../GoOn'
import css from '../home.module.css'
import { TheModel } from '../TheModel'

/** The first page: go on where one was, begin with an example, and what the model here can be trusted with. */
export default function Home() {
  const { t, pick } = useLanguage()
  return (
    <Page title={t('home.title')}>
      <p className="lead">{t('home.lead')}</p>
      <TheModel />
      <section className={classes(css.part)} aria-labelledby="home-examples">
        <h2 id="home-examples">{t('home.examples')}</h2>
        <p className="quiet">{t('home.examples_how')}</p>
        <Loaded query={useQuery(cards())} lines={5}>
          {(list) => (
            <ul className={classes(css.tiles)}>
              {list.map((card) => (
                <li key={card.id}>
                  <Link
                    to="/tasks/$card"
                    params={{ card: card.id }}
                    search={{ example: true }}
                    className={classes(css.tile)}
                  >
                    <strong>{pick(card.title)}</strong>
                    <span className="quiet">{pick(card.description)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </section>
      <section className={classes(css.part)} aria-labelledby="home-go-on">
        <h2 id="home-go-on">{t('home.go_on')}</h2>
        <GoOn />
      </section>
    </Page>
  )
}
