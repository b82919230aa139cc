import {
    choose,
    connectWizard,
    finishWizard,
    openMenu,
    openPage,
    saveForm,
} from "@marketplace/../tests/tours/steps";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The app was made without a right that it needs. The address of the draft is set by the test.
tours.add("marketplace_shopify_scope", {
    steps: () => [
        ...connectWizard("shopify", "My shop"),
        {
            content: "the shop",
            trigger: ".modal .o_field_widget[name='shopify_shop'] input",
            run: "edit demo-shop",
        },
        ...enterSecret("Client ID", "demo-shopify-client"),
        ...enterSecret("Client secret", "shpss_demo_secret"),
        ...tryIt(),
        {
            content: "what the app may not do is named",
            trigger: ".modal .alert-danger:contains('write_inventory')",
        },
        {
            content: "and stands there until it is granted",
            trigger: ".modal div[name='shopify_scopes']:contains('write_inventory')",
        },
    ],
});

// It was granted meanwhile: nothing has to be entered again.
tours.add("marketplace_shopify_connect", {
    steps: () => [
        {
            content: "the account says what is missing",
            trigger: ".o_form_view div[name='shopify_scopes']:contains('write_inventory')",
        },
        {
            content: "go on where it stopped",
            trigger: ".o_form_view button[name='action_connect']:enabled:first",
            run: "click",
        },
        {
            content: "the shop is there",
            trigger: ".modal .o_field_widget[name='shopify_shop'] input:value(demo-shop.myshopify.com)",
        },
        ...tryIt(),
        {
            content: "where new products are shown",
            trigger: ".modal div[name='shopify_publications'] .o_data_row:contains('Online Store')",
        },
        ...finishWizard(),
        ...openPage("connection"),
        {
            content: "the secret is not shown, not even to who typed it",
            trigger: ".o_field_widget[name='shopify_client_secret'] input:value(/^•+$/)",
        },
    ],
});

// One variant of a product gets a listing.
tours.add("marketplace_shopify_list_product", {
    steps: () => [
        ...openMenu("marketplace.menu_listing", "marketplace.menu_links"),
        {
            content: "a new listing",
            trigger: ".o_list_button_add",
            run: "click",
        },
        ...choose("product_id", "SHIRT-RED"),
        ...choose("account_id", "Shopify"),
        ...saveForm(),
        ...openPage("shopify"),
        {
            content: "Odoo makes it in the shop",
            trigger: ".o_field_widget[name='shopify_made_here'] input:checked",
        },
    ],
});

// What only Shopify is told of a product.
tours.add("marketplace_shopify_product_page", {
    steps: () => [
        ...openPage("shopify"),
        {
            content: "the brand",
            trigger: ".o_field_widget[name='shopify_vendor'] input",
            run: "edit Nile",
        },
        {
            content: "how it is found",
            trigger: ".o_field_widget[name='shopify_seo_title'] input",
            run: "edit A shirt from the Nile",
        },
        ...saveForm(),
        {
            content: "it leads to the shop",
            trigger: "button[name='action_shopify_open']:enabled",
        },
    ],
});

// An order as a seller sees it.
tours.add("marketplace_shopify_order", {
    steps: () => [
        ...openPage("marketplace"),
        {
            content: "the number of the shop",
            trigger: ".o_form_view .o_field_widget[name='shopify_number']:contains('#1001')",
        },
        {
            content: "and how it was paid",
            trigger: ".o_form_view .o_field_widget[name='shopify_financial']:contains('Paid')",
        },
        {
            content: "it leads to the shop's admin",
            trigger: "button[name='action_shopify_open']",
        },
    ],
});

tours.add("marketplace_shopify_ship_part", {
    steps: () => [
        {
            content: "one mug goes first",
            trigger: ".o_field_widget[name='move_ids'] .o_data_cell[name='quantity']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='move_ids'] .o_data_cell[name='quantity'] input",
            run: "edit 1",
        },
        ...saveForm(),
        ...validate(),
        {
            content: "the other one follows",
            trigger: ".modal button[name='process']",
            run: "click",
        },
        left(),
    ],
});

tours.add("marketplace_shopify_ship_rest", {
    steps: () => [...validate(), left()],
});

tours.add("marketplace_shopify_refund", {
    steps: () => [
        {
            content: "confirm the credit note",
            trigger: "button[name='action_post']:enabled",
            run: "click",
        },
        {
            content: "it is posted",
            trigger: ".o_form_view .o_arrow_button_current:contains('Posted')",
        },
    ],
});

// Somebody wrote another name in the shop's admin.
tours.add("marketplace_shopify_foreign_edit", {
    steps: () => [
        {
            content: "the shop's name is better",
            trigger:
                ".o_list_view .o_data_row:contains('Summer mug') button[name='action_take_channel']",
            run: "click",
        },
        {
            content: "nothing is left to decide",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Summer mug')))",
        },
    ],
});

tours.add("marketplace_shopify_cancel", {
    steps: () => [
        {
            content: "cancel",
            trigger: "button[name='action_cancel']:enabled",
            run: "click",
        },
        {
            content: "Odoo asks whether it is meant",
            trigger: ".modal:contains('Are you sure') .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "why",
            trigger: ".modal .o_field_widget[name='reason'] input[data-value='INVENTORY']",
            run: "click",
        },
        {
            content: "the buyer gets the money back",
            trigger: ".modal .o_field_widget[name='refund'] input",
            run: "click",
        },
        {
            content: "really",
            trigger: ".modal button[name='action_cancel_orders']:enabled",
            run: "click",
        },
        {
            content: "it is cancelled",
            trigger: ".o_form_view .o_arrow_button_current:contains('Cancelled')",
        },
    ],
});

function enterSecret(label, value) {
    const row = `.modal .o_field_widget[name='credential_ids'] .o_data_row:contains('${label}')`;
    return [
        {
            content: `the line of ${label}`,
            trigger: `${row} .o_data_cell[name='value']`,
            run: "click",
        },
        {
            content: `enter ${label}`,
            trigger: `${row} .o_data_cell[name='value'] input`,
            run: `edit ${value}`,
        },
    ];
}

function tryIt() {
    return [
        {
            content: "try it",
            trigger: ".modal button[name='action_test']:enabled",
            run: "click",
        },
    ];
}

function validate() {
    return [
        {
            content: "validate",
            trigger: "button[name='button_validate']:enabled",
            run: "click",
        },
    ];
}

function left() {
    return {
        content: "the parcel has left",
        trigger: ".o_form_view .o_arrow_button_current:contains('Done')",
    };
}
