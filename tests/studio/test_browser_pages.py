import pytest

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.browser


def test_the_classification_card_shows_every_label_with_its_probability(page):
    page.goto("/tasks")
    page.get_by_role("link", name="내용 분류").click()
    page.get_by_role("button", name="예시로 채우기").click()
    page.keyboard.press("Control+Enter")
    page.locator('.facts[data-state="done"]').wait_for()
    names = page.locator(".answer .bar-name").all_inner_texts()
    assert sorted(names) == sorted("정치 경제 사회 스포츠 문화 과학 생활".split())
    shares = [float(text.removesuffix("%")) for text in page.locator(".answer .bar-value").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.5)


def test_the_copy_card_shows_its_fields(page, studio):
    page.goto("/tasks/marketing_copy")
    page.get_by_role("button", name="예시로 채우기").click()
    page.locator("form").get_by_role("button", name="실행").click()
    page.locator('.facts[data-state="done"]').wait_for()
    assert page.locator(".fields dt").all_inner_texts() == ["제목", "본문", "권유"]
    assert page.locator(".fields dd").first.inner_text() == "숲으로 가는 걸음"
    assert "접이식 캠핑 의자" in studio.said()


def test_a_card_names_the_input_that_is_missing(page, studio):
    asked_before = len(studio.engine.requests)
    page.goto("/tasks/marketing_copy")
    page.get_by_role("button", name="실행").first.click()
    assert page.get_by_text("빈칸을 먼저 채워 주세요").inner_text() == "빈칸을 먼저 채워 주세요: 상품, 특징"
    assert len(studio.engine.requests) == asked_before


def test_the_word_chain_is_played_explained_and_begun_anew(page):
    page.goto("/tasks/word_chain")
    page.get_by_text("사전에 있는 낱말").wait_for()
    box = page.get_by_role("textbox", name="내 낱말")
    box.fill("사과")
    box.press("Enter")
    said = page.locator(".said-word")
    said.nth(1).wait_for()
    assert said.nth(0).inner_text() == "사과"
    assert said.nth(1).inner_text().startswith("과")
    assert box.input_value() == ""
    box.fill("없는말")
    box.press("Enter")
    page.get_by_role("status").get_by_text("안 되는 낱말이에요").wait_for()
    assert said.count() == 2
    assert box.input_value() == "없는말"
    page.get_by_role("button", name="모델이 먼저").click()
    page.get_by_role("status").get_by_text("내 차례").wait_for()
    assert said.count() == 1


def test_the_corpus_page_shows_the_runs_numbers_and_why_one_document_was_dropped(page):
    page.goto("/corpora/made_up")
    page.locator(".figure-value").first.wait_for()
    assert page.locator(".figure-value").all_inner_texts() == ["3", "2", "1"]
    assert "전화번호" in page.get_by_role("region", name="가린 개인 정보").inner_text()
    kept = page.get_by_role("region", name="남긴 문서 보기")
    kept.get_by_text("도서관이 문을 열었다", exact=True).wait_for()
    assert kept.locator(".document").count() == 2
    page.get_by_role("textbox", name="문서 id").fill("c" * 32)
    page.get_by_role("button", name="찾기").click()
    window = page.get_by_role("dialog")
    window.get_by_text("말뭉치에서 뺐어요").wait_for()
    assert window.locator(".fired").inner_text().split() == ["너무", "짧음", "걸림"]
    assert window.locator(".document-text").inner_text() == "짧아요."


def test_the_runs_page_shows_stages_the_curve_and_checkpoints(page):
    page.goto("/runs")
    page.locator(".plot canvas").wait_for()
    assert page.locator(".stage-state").all_inner_texts() == ["마침"] * 6
    assert page.get_by_text("40스텝 · 손실 5.000 · 배운 토큰 4,000").is_visible()
    assert page.get_by_text("체크포인트: 20스텝").is_visible()
    page.locator(".plot .u-over").hover()
    assert page.locator(".plot .u-legend .u-value").last.inner_text().startswith(("6", "7"))
    page.get_by_role("radio", name="학습률").click()
    page.locator(".plot .u-legend").get_by_text("학습률").wait_for()
    assert page.get_by_role("link", name="보고서 열기").get_attribute("href") == "/api/runs/made_up/report"


def test_the_runs_report_opens_and_leads_to_the_report_of_the_corpus(page):
    page.goto("/runs")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="보고서 열기").click()
    report = opened.value
    assert report.locator("h1").inner_text() == "보고서"
    report.get_by_role("link", name="말뭉치").click()
    report.get_by_role("heading", name="말뭉치 보고서").wait_for()
    assert report.url.endswith("/api/runs/made_up/corpus/report.html")
    report.close()
