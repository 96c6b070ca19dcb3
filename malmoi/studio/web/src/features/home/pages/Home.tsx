import { useState } from 'react'
import { useLanguage } from '../../../i18n/language'
import { recentDrafts } from '../../../streams/recentDrafts'
import { Page } from '../../../ui/Page'
import { Examples } from '../Examples'
import { GoOn } from '../GoOn'
import { TheModel } from '../TheModel'

/** The first page: go on where one was, begin with an example, and what the model here can be trusted with. */
export default function Home() {
  const { t } = useLanguage()
  const [isBack] = useState(() => recentDrafts().length > 0) // who was here before goes on; who is new begins
  return (
    <Page title={t('home.title')}>
      <p className="lead">{t('home.lead')}</p>
      <TheModel />
      {isBack && <GoOn />}
      <Examples />
      {!isBack && <GoOn />}
    </Page>
  )
}
